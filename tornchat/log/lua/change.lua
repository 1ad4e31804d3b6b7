-- include: fenced rate stamp conduct
-- Appends one event that changes a message: membership, idempotency, what the message is by now, rate and log in one step.
-- KEYS  1 run  2 clock  3 heads  4 queue  5 memberships of who does it  6 once  7 rate  8 log of the topic  9 state of the message  10 conduct of the room
-- ARGV  1 run_id  2 topic  3 channel  4 open event  5 room  6 seconds that a nonce is remembered, 0 without one
--       7 hash of what the message will say, 'deleted' for nothing, '' where that stays as it is  8 ms between messages at the full rate, 0 for no limit  9 burst
--       10 the state as the archive knows it: '<version>:<time of the edit or 0>:<hash>'  11 seconds that the state is remembered
--       12 time of the edit that it must have (0: of none), -1 for any  13 unix ms until which it may be changed, 0 for ever
--       14 who does it, where those who are muted may not, else ''  15 '1' where they need not be in the room
-- Result  {'ok', version, at} | {'again', version, at} | {'same', version, at} | {'gone'} | {'conflict'} | {'changed'} | {'late'}
--         | {'stranger'} | {'slow', ms} | {'archived'} | {'muted', ms} | {'blocked'}
if ARGV[15] ~= '1' and redis.call('HEXISTS', KEYS[5], ARGV[5]) == 0 then return {'stranger'} end
local ttl = tonumber(ARGV[6])
if ttl > 0 then
  local first = redis.call('GET', KEYS[6])
  if first then
    local version, at, hash = string.match(first, '^(%d+):(%d+):(.*)$')
    if hash ~= ARGV[7] then return {'conflict'} end
    return {'again', tonumber(version), tonumber(at)}
  end
end
-- Whichever is newer: the archive is a little behind, and a Redis that was restored may have lost its copy.
local version, at, hash = string.match(ARGV[10], '^(%d+):(%d+):(.*)$')
local here = redis.call('GET', KEYS[9])
if here then
  local version_here, at_here, hash_here = string.match(here, '^(%d+):(%d+):(.*)$')
  if tonumber(version_here) > tonumber(version) then version, at, hash = version_here, at_here, hash_here end
end
if hash == ARGV[7] then return {'same', tonumber(version), tonumber(at)} end
if hash == 'deleted' then return {'gone'} end
local wanted, latest, now = tonumber(ARGV[12]), tonumber(ARGV[13]), now_ms()
if ARGV[14] ~= '' then
  local why = refused(KEYS[10], ARGV[14], now, false)
  if why then return why end
end
if wanted >= 0 and wanted ~= tonumber(at) then return {'changed'} end
if latest > 0 and now > latest then return {'late'} end
local wait = wait_ms(KEYS[7], now, tonumber(ARGV[8]), tonumber(ARGV[9]))
if wait > 0 then return {'slow', wait} end
local id = log_event(KEYS[2], KEYS[3], KEYS[4], KEYS[8], ARGV[3], ARGV[2], ARGV[4], now)
local state = string.format('%.0f:%.0f:%s', id, now, ARGV[7])
if ARGV[7] ~= '' then redis.call('SET', KEYS[9], state, 'EX', ARGV[11]) end
if ttl > 0 then redis.call('SET', KEYS[6], state, 'EX', ttl) end
return {'ok', id, now}
