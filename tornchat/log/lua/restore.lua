-- Writes a part of the mirror from SQL, only while the log is not fenced: afterwards announcements change it.
-- KEYS  1 run  2 a mirror hash    ARGV  1 run_id  2 '1' to empty it first  then field, value, ...
-- Result  1, or 0 where somebody has fenced meanwhile and nothing was written
if redis.call('GET', KEYS[1]) == ARGV[1] then return 0 end
if ARGV[2] == '1' then redis.call('DEL', KEYS[2]) end
for i = 3, #ARGV, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
return 1
