-- include: fenced rate stamp conduct
-- Appends one message: membership, idempotency, rate, id, log, queue and publish in one step.
-- KEYS  1 run  2 clock  3 heads  4 queue  5 memberships of the author  6 once  7 rate  8 log of the topic  9 conduct of the room
--       10... what has each file of the message
-- ARGV  1 run_id  2 topic  3 channel  4 open event  5 room  6 seconds that a nonce is remembered, 0 without one
--       7 body hash  8 ms between messages at the full rate, 0 for no limit  9 burst
--       10 seconds that this is remembered  11 1 where all files are there to be had, else 0  12 author
-- Result  {'ok', id, prev, at} | {'again', id, prev, at} | {'conflict'} | {'taken'} | {'stranger'} | {'slow', ms}
--         | {'archived'} | {'muted', ms} | {'quiet'} | {'blocked'}
if redis.call('HEXISTS', KEYS[5], ARGV[5]) == 0 then return {'stranger'} end
local ttl = tonumber(ARGV[6])
if ttl > 0 then
  local first = redis.call('GET', KEYS[6])
  if first then
    local id, prev, at, hash = string.match(first, '^(%d+):(%d+):(%d+):(.*)$')
    -- Empty where it was put back after a loss and the text is not the first one any more.
    if hash ~= '' and hash ~= ARGV[7] then return {'conflict'} end
    return {'again', tonumber(id), tonumber(prev), tonumber(at)}
  end
end
if ARGV[11] == '0' then return {'taken'} end
for i = 10, #KEYS do
  if redis.call('EXISTS', KEYS[i]) == 1 then return {'taken'} end
end
local at = now_ms()
local why = refused(KEYS[9], ARGV[12], at, true)
if why then return why end
local wait = wait_ms(KEYS[7], at, tonumber(ARGV[8]), tonumber(ARGV[9]))
if wait > 0 then return {'slow', wait} end
local id, prev = log_event(KEYS[2], KEYS[3], KEYS[4], KEYS[8], ARGV[3], ARGV[2], ARGV[4], at)
if ttl > 0 then
  redis.call('SET', KEYS[6], string.format('%.0f:%.0f:%.0f:%s', id, prev, at, ARGV[7]), 'EX', ttl)
end
for i = 10, #KEYS do redis.call('SET', KEYS[i], string.format('%.0f:', id) .. ARGV[5], 'EX', ARGV[10]) end
return {'ok', id, prev, at}
