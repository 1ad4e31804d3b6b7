-- include: fenced
-- Where the log stands, in one instant: what a join is bounded by.
-- KEYS  1 run  2 clock  3 heads  4 memberships of the reader (or any missing key)
-- ARGV  1 run_id  then the topics
-- Result  {clock, {head of each topic, 0 where it has none}, {room, joined_id, room, joined_id, ...}}
local heads = {}
for i = 2, #ARGV do
  heads[i - 1] = tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or '0')
end
return {tonumber(redis.call('GET', KEYS[2])), heads, redis.call('HGETALL', KEYS[4])}
