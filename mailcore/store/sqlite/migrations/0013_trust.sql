-- Mail that waits for a person to say whether its sender is welcome.
CREATE TABLE quarantine (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  dedupe_key BLOB NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  sender_local TEXT,
  sender_domain TEXT,
  sender_folded TEXT NOT NULL,
  sender_name TEXT NOT NULL,
  subject TEXT NOT NULL,
  mail_from TEXT,
  recipients TEXT NOT NULL,
  is_proven INTEGER NOT NULL,
  auth TEXT NOT NULL,
  security TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  received_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  told_at INTEGER,
  decided_at INTEGER,
  decided_by TEXT NOT NULL DEFAULT '',
  decided_via TEXT NOT NULL DEFAULT '',
  UNIQUE (inbox_id, dedupe_key)
) STRICT;
CREATE INDEX quarantine_by_pod ON quarantine (pod_id, received_at, id);
CREATE INDEX quarantine_by_sender ON quarantine (inbox_id, sender_folded, status);
CREATE INDEX quarantine_approved ON quarantine (id) WHERE status = 'approved';
CREATE INDEX quarantine_untold ON quarantine (received_at) WHERE status = 'pending' AND told_at IS NULL;

-- The octets, until they are delivered or discarded.
CREATE TABLE quarantine_bytes (
  id TEXT PRIMARY KEY REFERENCES quarantine (id) ON DELETE CASCADE,
  pod_id TEXT NOT NULL,
  raw BLOB NOT NULL
) STRICT;

CREATE TABLE trusted_domains (
  pod_id TEXT NOT NULL,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (pod_id, name)
) STRICT, WITHOUT ROWID;
