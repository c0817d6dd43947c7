-- Addresses that get no mail any more, until some day or for good; an empty inbox means all of the pod.

CREATE TABLE suppressions (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL,
  folded TEXT NOT NULL,
  local TEXT NOT NULL,
  domain TEXT NOT NULL,
  reason TEXT NOT NULL CHECK (reason IN ('bounce', 'complaint', 'unsubscribe', 'manual')),
  source TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  UNIQUE (pod_id, folded, inbox_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX suppressions_listed ON suppressions (pod_id, created_at, id);
CREATE INDEX suppressions_ending ON suppressions (expires_at) WHERE expires_at IS NOT NULL;

-- How an inbox sends: its time zone, its undo window, its brakes. What is NULL is as configured.
CREATE TABLE sending_policies (
  inbox_id TEXT PRIMARY KEY REFERENCES inboxes (id) ON DELETE CASCADE,
  pod_id TEXT NOT NULL,
  chosen TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Mail with a time of its own, by that time.
CREATE INDEX recipients_scheduled ON recipients (next_at, submission_id) WHERE state = 'scheduled';
-- What an inbox has sent of late, to count it.
CREATE INDEX submissions_counted ON submissions (inbox_id, created_at, status);
-- Whom an inbox has written to.
CREATE INDEX recipients_known ON recipients (domain, lower(local), submission_id);
