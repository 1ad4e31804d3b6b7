-- Counts one more stream of a user and of an address, unless one of them has as many as it may.
-- Each worker keeps its own count in a hash, set anew and never added to: nothing can drift. The counts of one that
-- has not spoken for a while (it was killed) are dropped.
-- KEYS  1 workers  then a hash of counts for each limit
-- ARGV  1 worker  2 ms that a worker may be silent  then for each hash: streams here with the new one, most
-- Result  0 where it was counted, else the number of the hash that is full
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
for i = 2, #KEYS do
  local all = tonumber(ARGV[2 * i - 1])
  local counts = redis.call('HGETALL', KEYS[i])
  for n = 1, #counts, 2 do
    local worker = counts[n]
    if worker ~= ARGV[1] then
      local spoke = tonumber(redis.call('ZSCORE', KEYS[1], worker) or '0')
      if now - spoke > tonumber(ARGV[2]) then
        redis.call('HDEL', KEYS[i], worker)
      else
        all = all + tonumber(counts[n + 1])
      end
    end
  end
  if all > tonumber(ARGV[2 * i]) then return i - 1 end
end
for i = 2, #KEYS do
  redis.call('HSET', KEYS[i], ARGV[1], ARGV[2 * i - 1])
  redis.call('EXPIRE', KEYS[i], 3600)
end
return 0
