-- Fences the log for the Redis process that it now lives in. See docs/architecture.md, "The fence".
-- KEYS  1 run  2 clock  3 floor  4 archived  5 staged sessions  6 sessions
-- ARGV  1 run_id  2 run_id of the process that was looked at and whose mirror was restored  3 mark (stored in SQL before)
--       4 the archive's watermark  5 step
-- Result  {1 where this call fenced it, 0 where somebody had, clock, floor}; no clock where the process is another one by now
-- Ids go on above everything that was ever given; nothing that survived is hidden; what was lost is said with a reset.
if redis.call('GET', KEYS[1]) == ARGV[1] then
  redis.call('DEL', KEYS[5])
  return {0, tonumber(redis.call('GET', KEYS[2])), tonumber(redis.call('GET', KEYS[3]))}
end
if ARGV[1] ~= ARGV[2] then return {0, false, false} end
local survived, archived = tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[4])
local clock = math.max(survived + tonumber(ARGV[5]), tonumber(ARGV[3]))
local text = string.format('%.0f', clock)
redis.call('SET', KEYS[2], text)
if archived > survived or redis.call('EXISTS', KEYS[3]) == 0 then
  redis.call('SET', KEYS[3], text)
end
redis.call('SET', KEYS[4], ARGV[4])
redis.call('DEL', KEYS[6])
if redis.call('EXISTS', KEYS[5]) == 1 then
  redis.call('RENAME', KEYS[5], KEYS[6])
  redis.call('PERSIST', KEYS[6])
end
redis.call('SET', KEYS[1], ARGV[1])
return {1, clock, tonumber(redis.call('GET', KEYS[3]))}
