-- A worker says that it lives, and what has changed in its counts of streams.
-- KEYS  1 workers  then hashes of counts    ARGV  1 worker  2 ms that a worker may be silent  then streams here, for each hash
-- Result  1 where its counts were valid till now; else 0: others may have dropped them, and it must say all of them again
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local silent = tonumber(ARGV[2])
local spoke = tonumber(redis.call('ZSCORE', KEYS[1], ARGV[1]) or '0')
redis.call('ZADD', KEYS[1], now, ARGV[1])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', '(' .. string.format('%.0f', now - 10 * silent))
for i = 2, #KEYS do
  if ARGV[i + 1] == '0' then
    redis.call('HDEL', KEYS[i], ARGV[1])
  else
    redis.call('HSET', KEYS[i], ARGV[1], ARGV[i + 1])
    redis.call('EXPIRE', KEYS[i], 3600)
  end
end
if now - spoke > silent then return 0 end
return 1
