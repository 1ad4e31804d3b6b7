-- include: fenced
-- Looks entries of a mirror hash up; refused on a log that is not fenced, whose mirror may have lost a revocation.
-- KEYS  1 run  2 a mirror hash    ARGV  1 run_id  then fields
-- Result  the values, nil where there is none
return redis.call('HMGET', KEYS[2], unpack(ARGV, 2))
