-- Fragment: what a room demands of who writes in it (domain/conduct.py).

-- nil where `user` may; `posting`: whether it is a new message, which may be left to owners and moderators.
local function refused(key, user, now, posting)
  local found = redis.call('HMGET', key, '*archived', user, '*posting', '+' .. user, '-' .. user)
  if found[1] then return {'archived'} end
  if found[5] then return {'blocked'} end
  if found[2] and tonumber(found[2]) > now then return {'muted', tonumber(found[2]) - now} end
  if posting and found[3] and not found[4] then return {'quiet'} end
  return nil
end
