-- include: fenced
-- What all members of some rooms may read, in one instant.
-- KEYS  1 run  then the conduct of each room    ARGV  1 run_id  2 field of the conduct
-- Result  {id or nil of each room}
local found = {}
for i = 2, #KEYS do
  found[i - 1] = redis.call('HGET', KEYS[i], ARGV[2])
end
return found
