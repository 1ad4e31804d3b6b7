-- include: fenced rate stamp
-- Says live in a room that a member is writing; nothing of it is kept.
-- KEYS  1 run  2 memberships of the member  3 rate    ARGV  1 run_id  2 room  3 channel  4 open event  5 ms between two
-- Result  'ok' | 'soon' where it was said a moment ago | 'stranger'
if redis.call('HEXISTS', KEYS[2], ARGV[2]) == 0 then return 'stranger' end
local at = now_ms()
if wait_ms(KEYS[3], at, tonumber(ARGV[5]), 1) > 0 then return 'soon' end
redis.call('PUBLISH', ARGV[3], '\147' .. packed(0) .. packed(0) .. ARGV[4] .. struct.pack('>I8', at))
return 'ok'
