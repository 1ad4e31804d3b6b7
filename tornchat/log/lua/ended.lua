-- include: fenced
-- Which of some sessions let nobody in any more; refused on a log that is not fenced, whose mirror may have lost a revocation.
-- KEYS  1 run  2 sessions    ARGV  1 run_id  2 now in unix ms  then the digests
-- Result  the numbers of those, from 1: not there, or over by now (a record ends with the time of that or null)
local ended, now = {}, tonumber(ARGV[2])
for i, record in ipairs(redis.call('HMGET', KEYS[2], unpack(ARGV, 3))) do
  local expires_at = record and tonumber(string.match(record, '(%d+)%]$', -17))
  if not record or (expires_at and expires_at <= now) then
    ended[#ended + 1] = i
  end
end
return ended
