-- include: fenced
-- Lets a worker hear, on its own subscription, where the log stands: what it should have been told by then.
-- KEYS  1 run  2 clock  3 heads    ARGV  1 run_id  2 the worker's pulse channel  then the topics it follows
-- Result  how many heard it; publishes msgpack [clock, {topic = head}]
local heads = {}
for i = 3, #ARGV do
  heads[ARGV[i]] = tonumber(redis.call('HGET', KEYS[3], ARGV[i]) or '0')
end
heads[''] = 0
return redis.call('PUBLISH', ARGV[2], cmsgpack.pack({tonumber(redis.call('GET', KEYS[2])), heads}))
