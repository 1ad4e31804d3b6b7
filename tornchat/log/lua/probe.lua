-- include: fenced rate stamp
-- Appends one probe of the lab to the topic of its user: rate, id, log, queue and publish in one step.
-- KEYS  1 run  2 clock  3 heads  4 queue  5 rate  6 log of the topic
-- ARGV  1 run_id  2 topic  3 channel  4 open event  5 ms between probes at the full rate, 0 for no limit  6 burst
-- Result  {'ok', id, at} | {'slow', ms}
local at = now_ms()
local wait = wait_ms(KEYS[5], at, tonumber(ARGV[5]), tonumber(ARGV[6]))
if wait > 0 then return {'slow', wait} end
local id = log_event(KEYS[2], KEYS[3], KEYS[4], KEYS[6], ARGV[3], ARGV[2], ARGV[4], at)
return {'ok', id, at}
