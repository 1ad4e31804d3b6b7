-- Counts new streams of users and addresses, one after the other, unless a user or an address has as many as it may.
-- Each worker keeps its own count in a hash, set anew and never added to: nothing can drift. The counts of one that
-- has not spoken for a while (it was killed) are dropped.
-- KEYS  1 workers  then a hash of counts for each user and address
-- ARGV  1 worker  2 ms that a worker may be silent  then for each hash: streams here without the new ones, most
--       then for each new stream: how many of the hashes count it, their numbers
-- Result  for each new stream 0 where it was counted, else the number of a hash that is full
local t = redis.call('TIME')
local now = tonumber(t[1]) * 1000 + math.floor(tonumber(t[2]) / 1000)
local here, elsewhere, most, hashes, spoke = {}, {}, {}, #KEYS - 1, {}

local function silent(worker)
  if spoke[worker] == nil then
    spoke[worker] = tonumber(redis.call('ZSCORE', KEYS[1], worker) or '0')
  end
  return now - spoke[worker] > tonumber(ARGV[2])
end

for i = 1, hashes do
  here[i], most[i], elsewhere[i] = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2]), 0
  local counts = redis.call('HGETALL', KEYS[i + 1])
  for n = 1, #counts, 2 do
    if counts[n] ~= ARGV[1] then
      if silent(counts[n]) then
        redis.call('HDEL', KEYS[i + 1], counts[n])
      else
        elsewhere[i] = elsewhere[i] + tonumber(counts[n + 1])
      end
    end
  end
end

local verdicts, counted, arg = {}, {}, 2 * hashes + 3
while arg <= #ARGV do
  local last, full = arg + tonumber(ARGV[arg]), 0
  for n = arg + 1, last do
    local i = tonumber(ARGV[n])
    if full == 0 and elsewhere[i] + here[i] + 1 > most[i] then full = i end
  end
  if full == 0 then
    for n = arg + 1, last do
      local i = tonumber(ARGV[n])
      here[i] = here[i] + 1
      counted[i] = true
    end
  end
  verdicts[#verdicts + 1] = full
  arg = last + 1
end

for i in pairs(counted) do
  redis.call('HSET', KEYS[i + 1], ARGV[1], here[i])
  redis.call('EXPIRE', KEYS[i + 1], 3600)
end
return verdicts
