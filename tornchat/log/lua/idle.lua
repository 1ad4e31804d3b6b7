-- Somebody does nothing at a device any more, or does something again.
-- KEYS  1 idle    ARGV  1 session  2 '1' idle, '0' not
-- Result  1 where that is new, else 0
local new
if ARGV[2] == '1' then
  new = redis.call('HSET', KEYS[1], ARGV[1], '1')
else
  new = redis.call('HDEL', KEYS[1], ARGV[1])
end
if new == 1 then
  local t = redis.call('TIME')
  redis.call('HSET', KEYS[1], '', t[1] .. t[2])
end
return new
