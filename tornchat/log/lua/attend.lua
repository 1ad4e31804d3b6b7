-- A worker says that it lives, and who has come to it or left it.
-- KEYS  1 attendants  2 its attendance    ARGV  1 worker  2 ms that it may be silent  3 '1' where what follows is everybody, else '0'
--       then user, sessions for each, '' for who has left
-- Result  1 where it is known who is here; else 0: that was lost, and it must say everybody again
if ARGV[3] == '1' then
  redis.call('DEL', KEYS[2])
elseif redis.call('EXISTS', KEYS[2]) == 0 then
  return 0
end
local t = redis.call('TIME')
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[2], ARGV[i])
  else
    redis.call('HSET', KEYS[2], ARGV[i], ARGV[i + 1])
  end
end
if #ARGV > 3 or ARGV[3] == '1' then
  redis.call('HSET', KEYS[2], '', t[1] .. t[2])
end
redis.call('PEXPIRE', KEYS[2], ARGV[2])
redis.call('ZADD', KEYS[1], tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000), ARGV[1])
return 1
