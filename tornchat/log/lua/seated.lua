-- Which of some people have a stream open, on any worker that lives.
-- KEYS  1 workers  then their hashes of counts    ARGV  1 ms that a worker may be silent
-- Result  for each hash 1 where there is a stream, else 0
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local found = {}
for i = 2, #KEYS do
  found[i - 1] = 0
  local counts = redis.call('HGETALL', KEYS[i])
  for n = 1, #counts, 2 do
    local spoke = tonumber(redis.call('ZSCORE', KEYS[1], counts[n]) or '0')
    if tonumber(counts[n + 1]) > 0 and now - spoke <= tonumber(ARGV[1]) then found[i - 1] = 1 end
  end
end
return found
