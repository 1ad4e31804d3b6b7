-- Takes or keeps the office of the judge, and gives who is connected, as far as that has changed.
-- KEYS  1 judge  2 attendants  3 idle  4 presence  then the attendance of workers
-- ARGV  1 token  2 ms to hold the office  3 ms that a worker may be silent  4 known revision of idle  then that of each attendance
-- Result  {} where another judges; else {now in ms, who judged last or nil, {workers that live},
--         idle as {session, '1', ...} or nil where it is known, {{user, sessions, ...} or nil for each attendance}}
local holder = redis.call('GET', KEYS[1])
if holder and holder ~= ARGV[1] then return {} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[2], '-inf', '(' .. string.format('%.0f', now - tonumber(ARGV[3])))

local function news(key, known)
  if redis.call('HGET', key, '') == known then return false end
  return redis.call('HGETALL', key)
end

local found = {}
for i = 5, #KEYS do
  found[i - 4] = news(KEYS[i], ARGV[i])
end
return {
  now,
  redis.call('HGET', KEYS[4], ''),
  redis.call('ZRANGE', KEYS[2], 0, -1),
  news(KEYS[3], ARGV[4]),
  found,
}
