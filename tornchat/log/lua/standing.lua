-- include: fenced
-- Where the log stands for some joins, in one instant, and what each of their users and sessions may have.
-- KEYS  1 run  2 clock  3 heads  4 floor  5 sessions  then memberships of each user, then gaps of each session
-- ARGV  1 run_id  2 how many topics  3 how many users  then the topics, then the digests of the sessions
-- Result  {clock, floor or nil, {head of each topic or nil}, {{room, joined_id, ...} of each user},
--          {record of each session or nil}, {{cursor, low, ...} of each session}}
local topics, users = tonumber(ARGV[2]), tonumber(ARGV[3])

-- HMGET in parts, as Lua's stack is bounded.
local function values(key, first, last)
  local found = {}
  for start = first, last, 1000 do
    for _, value in ipairs(redis.call('HMGET', key, unpack(ARGV, start, math.min(start + 999, last)))) do
      found[#found + 1] = value
    end
  end
  return found
end

local memberships, gaps = {}, {}
for i = 6, 5 + users do
  memberships[#memberships + 1] = redis.call('HGETALL', KEYS[i])
end
for i = 6 + users, #KEYS do
  gaps[#gaps + 1] = redis.call('HGETALL', KEYS[i])
end
return {
  redis.call('GET', KEYS[2]),
  redis.call('GET', KEYS[4]),
  values(KEYS[3], 4, 3 + topics),
  memberships,
  values(KEYS[5], 4 + topics, #ARGV),
  gaps,
}
