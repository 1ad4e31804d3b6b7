-- include: fenced
-- Since when somebody is in a room, and what all who are in it may read, in one instant.
-- KEYS  1 run  2 memberships of the user  3 conduct of the room    ARGV  1 run_id  2 room  3 field of the conduct
-- Result  {joined_id or nil, id or nil}
return {redis.call('HGET', KEYS[2], ARGV[2]), redis.call('HGET', KEYS[3], ARGV[3])}
