-- Fragment: gives an event its id, prev and time, and puts it everywhere at once.
-- Ids are doubles here and exact below 2^53: format them with %.0f.

local function now_ms()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
end

local function packed(n)
  return '\207' .. struct.pack('>I8', n)
end

-- `open`: a packed event without the eight bytes of its time, which are appended here.
local function log_event(clock, heads, queue, log, channel, topic, open, at)
  local id = math.max(tonumber(redis.call('GET', clock)) + 1, at * 1024)
  local prev = tonumber(redis.call('HGET', heads, topic) or '0')
  local text = string.format('%.0f', id)
  local event = open .. struct.pack('>I8', at)
  redis.call('SET', clock, text)
  redis.call('HSET', heads, topic, text)
  redis.call('XADD', log, text .. '-0', 'e', event, 'p', string.format('%.0f', prev))
  redis.call('XADD', queue, text .. '-0', 't', topic, 'e', event)
  redis.call('PUBLISH', channel, '\147' .. packed(id) .. packed(prev) .. event)
  return id, prev
end
