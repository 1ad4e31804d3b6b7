-- include: rate
-- A rate limit by itself, for what is not a message (sign-in, sign-up).
-- KEYS  1 rate    ARGV  1 ms between calls at the full rate  2 burst
-- Result  ms to wait, 0 where the call is let in
local t = redis.call('TIME')
return wait_ms(KEYS[1], tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000), tonumber(ARGV[1]), tonumber(ARGV[2]))
