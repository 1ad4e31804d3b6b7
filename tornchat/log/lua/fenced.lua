-- Fragment, put in front of every script that may only run on a fenced Redis.
-- KEYS[1] run    ARGV[1] run_id of the Redis process that the caller's connection is on
-- A Redis that came back with less than it had is another process: until its clock is fenced, ids could be given twice.
if redis.call('GET', KEYS[1]) ~= ARGV[1] then
  return redis.error_reply('UNFENCED the log is not fenced for this Redis process')
end
