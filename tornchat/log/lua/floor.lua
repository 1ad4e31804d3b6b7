-- include: fenced
-- Raises the floor, before the log is trimmed below it. Never above what the archive has taken.
-- KEYS  1 run  2 floor  3 archived    ARGV  1 run_id  2 id
-- Result  the floor now there; it only grows
local floor = tonumber(redis.call('GET', KEYS[2]))
local wanted = math.min(tonumber(ARGV[2]), tonumber(redis.call('GET', KEYS[3]) or '0'))
if wanted > floor then
  floor = wanted
  redis.call('SET', KEYS[2], string.format('%.0f', floor))
end
return floor
