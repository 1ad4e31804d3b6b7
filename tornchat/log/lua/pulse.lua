-- include: fenced
-- Lets a worker hear, on its own subscription, where the log stands: what it should have been told by then.
-- KEYS  1 run  2 clock  3 heads    ARGV  1 run_id  2 the worker's pulse channel  then the topics it follows
-- Result  how many heard it; publishes msgpack [clock, {topic = head}]
local heads = {}
for start = 3, #ARGV, 1000 do -- unpack has no room for many thousands
  local stop = math.min(start + 999, #ARGV)
  local found = redis.call('HMGET', KEYS[3], unpack(ARGV, start, stop))
  for i = start, stop do
    heads[ARGV[i]] = tonumber(found[i - start + 1] or '0')
  end
end
heads[''] = 0
return redis.call('PUBLISH', ARGV[2], cmsgpack.pack({tonumber(redis.call('GET', KEYS[2])), heads}))
