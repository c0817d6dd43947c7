-- What the owner tells the guard: secrets it must recognize, kept only as keyed hashes, and rules
-- that count differently for some mail until some day.

CREATE TABLE guard_secrets (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  name TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('secret', 'decoy')),
  whole BLOB NOT NULL,
  word_count INTEGER NOT NULL,
  piece_octets INTEGER NOT NULL,
  pieces BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (pod_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE guard_policies (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  rule TEXT NOT NULL,
  severity TEXT NOT NULL CHECK (severity IN ('low', 'medium', 'high', 'critical')),
  inbox_id TEXT REFERENCES inboxes (id) ON DELETE CASCADE,
  recipient TEXT NOT NULL,
  reason TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX guard_policies_inbox ON guard_policies (inbox_id);
