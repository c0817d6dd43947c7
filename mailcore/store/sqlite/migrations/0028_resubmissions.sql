-- What agents' mail is compared by with what they try to send next. Keyed hashes only, kept for a while.
-- `like_id` is the first of those it is like: a hold, or a refusal, which has no hold.

CREATE TABLE likenesses (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  agent_id TEXT NOT NULL REFERENCES agents (id),
  hold_id TEXT REFERENCES holds (id),
  is_stopped INTEGER NOT NULL,
  recipients TEXT NOT NULL,
  categories TEXT NOT NULL,
  text BLOB NOT NULL,
  matches BLOB NOT NULL,
  critical BLOB NOT NULL,
  like_id TEXT,
  is_counted INTEGER NOT NULL,
  at INTEGER NOT NULL
) STRICT;
CREATE INDEX likenesses_held ON likenesses (agent_id, at) WHERE is_stopped = 1 OR hold_id IS NOT NULL;
CREATE INDEX likenesses_left ON likenesses (agent_id, at) WHERE is_stopped = 0 AND hold_id IS NULL;
CREATE INDEX likenesses_by_time ON likenesses (at);

ALTER TABLE holds ADD COLUMN like_hold_id TEXT;
ALTER TABLE holds ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
