-- include: fenced
-- The archive has taken everything up to an id: forget that part of the queue.
-- KEYS  1 run  2 archived  3 queue    ARGV  1 run_id  2 watermark  3 lowest entry id to keep
-- Result  the watermark now there; it only grows
local mark = math.max(tonumber(redis.call('GET', KEYS[2]) or '0'), tonumber(ARGV[2]))
redis.call('SET', KEYS[2], string.format('%.0f', mark))
redis.call('XTRIM', KEYS[3], 'MINID', ARGV[3])
return mark
