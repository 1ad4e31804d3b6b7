-- include: fenced stamp
-- Makes one announcement of the outbox: changes the mirror, appends its events, tells the workers. Once.
-- KEYS  1 run  2 clock  3 heads  4 queue  5 announced  then the logs of the events, then the mirror hashes to set, then those to drop from
-- ARGV  1 run_id  2 seconds that the announcement is remembered  3 control channel  4 what to say there  5 events  6 sets  7 drops  8 tells
--       then for each event: topic, channel, open event; for each set: field, value ('@first': id of the first event);
--       for each drop: field; for each tell: channel, frame
-- Result  {'ok' | 'again', id of the first event or 0}
local before = redis.call('GET', KEYS[5])
if before then
  redis.call('PUBLISH', ARGV[3], ARGV[4])
  return {'again', tonumber(before)}
end
local events, sets, drops, tells = tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7]), tonumber(ARGV[8])
local key, arg, first, at = 5, 8, 0, now_ms()
for _ = 1, events do
  local id = log_event(KEYS[2], KEYS[3], KEYS[4], KEYS[key + 1], ARGV[arg + 2], ARGV[arg + 1], ARGV[arg + 3], at)
  if first == 0 then first = id end
  key, arg = key + 1, arg + 3
end
local text = string.format('%.0f', first)
for _ = 1, sets do
  local value = ARGV[arg + 2]
  if value == '@first' then value = text end
  redis.call('HSET', KEYS[key + 1], ARGV[arg + 1], value)
  key, arg = key + 1, arg + 2
end
for _ = 1, drops do
  redis.call('HDEL', KEYS[key + 1], ARGV[arg + 1])
  key, arg = key + 1, arg + 1
end
-- Before the tells: who is told that a session is over must not find it good any more.
redis.call('PUBLISH', ARGV[3], ARGV[4])
for _ = 1, tells do
  redis.call('PUBLISH', ARGV[arg + 1], ARGV[arg + 2])
  arg = arg + 2
end
redis.call('SET', KEYS[5], text, 'EX', ARGV[2])
return {'ok', first}
