-- The judge notes what is shown of people, and tells it to the workers.
-- KEYS  1 judge  2 presence    ARGV  1 token  2 control channel  3 what to say there, '' for nothing  4 how many are set
--       then user, shown for each of them; then the users who are dropped
-- Result  1 where it was done; 0 where another judges by now
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
local last = 4 + 2 * tonumber(ARGV[4])
for i = 5, last, 2 do
  redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
end
for i = last + 1, #ARGV do
  redis.call('HDEL', KEYS[2], ARGV[i])
end
if ARGV[3] ~= '' then redis.call('PUBLISH', ARGV[2], ARGV[3]) end
return 1
