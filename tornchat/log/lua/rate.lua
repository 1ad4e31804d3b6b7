-- Fragment: a rate limit as one number, the theoretical arrival time (GCRA, as in ATM's I.371).

-- Milliseconds to wait, 0 where the call is let in. `every`: ms between calls at the full rate; 0: no limit.
local function wait_ms(key, now, every, burst)
  if every <= 0 then return 0 end
  local due = math.max(tonumber(redis.call('GET', key) or '0'), now)
  local early = due + every - now - every * burst
  if early > 0 then return math.ceil(early) end
  redis.call('SET', key, string.format('%.0f', due + every), 'PX', math.ceil(every * (burst + 1)))
  return 0
end
