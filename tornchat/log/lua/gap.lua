-- include: fenced
-- Keeps what a stream that has ended passed over, and tells the workers. The clock goes on by one id, so that a snapshot
-- that is made from now on has a cursor above it.
-- KEYS  1 run  2 clock  3 gaps of the session
-- ARGV  1 run_id  2 first id that was passed over  3 cursor of the stream at its end  4 seconds to keep it  5 channel  6 frame
-- Result  1
local low = tonumber(ARGV[2])
local before = tonumber(redis.call('HGET', KEYS[3], ARGV[3]) or ARGV[2])
redis.call('HSET', KEYS[3], ARGV[3], string.format('%.0f', math.min(low, before)))
redis.call('EXPIRE', KEYS[3], ARGV[4])
redis.call('INCR', KEYS[2])
redis.call('PUBLISH', ARGV[5], ARGV[6])
return 1
