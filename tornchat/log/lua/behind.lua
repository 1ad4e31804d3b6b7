-- How many entries stand in (after, bound] of some logs, counted up to a limit.
-- KEYS  logs    ARGV  1 limit  then for each log: first entry id, last entry id
-- Result  the sum, which may exceed the limit by one log's worth
local sum, limit = 0, tonumber(ARGV[1])
for i, key in ipairs(KEYS) do
  sum = sum + #redis.call('XRANGE', key, ARGV[2 * i], ARGV[2 * i + 1], 'COUNT', limit + 1)
  if sum > limit then break end
end
return sum
