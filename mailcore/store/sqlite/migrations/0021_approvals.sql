-- Who is asked and how: policies of an inbox.

ALTER TABLE inboxes ADD COLUMN auto_approve_replies INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inboxes ADD COLUMN approval_channel TEXT NOT NULL DEFAULT '';
ALTER TABLE inboxes ADD COLUMN two_people INTEGER NOT NULL DEFAULT 0;

-- How often a hold was told of again, and when last.

ALTER TABLE holds ADD COLUMN reminders INTEGER NOT NULL DEFAULT 0;
ALTER TABLE holds ADD COLUMN told_at INTEGER;

-- Whether approvers were told of it at all: what can wait is told with others.

ALTER TABLE holds ADD COLUMN is_told INTEGER NOT NULL DEFAULT 1;
CREATE INDEX holds_untold ON holds (created_at) WHERE is_told = 0;

-- Approvals of holds that need more than one person.

CREATE TABLE hold_votes (
  hold_id TEXT NOT NULL REFERENCES holds (id),
  version INTEGER NOT NULL,
  voter TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  via TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (hold_id, version, voter)
) STRICT, WITHOUT ROWID;

-- What was approved and remembered: mail of an inbox to an address, or to a domain where the
-- recipient begins with @. `rules` is a JSON list of the findings that were approved with it.

CREATE TABLE approval_grants (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  recipient TEXT NOT NULL,
  rules TEXT NOT NULL,
  hold_id TEXT NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL
) STRICT;
CREATE INDEX approval_grants_by_inbox ON approval_grants (inbox_id, recipient);

-- The messages that show holds in folders of people who decide, known by their bytes: a mail client
-- may move or copy them. Settled ones are in the folder that tells the decision.

CREATE TABLE hold_copies (
  hold_id TEXT NOT NULL REFERENCES holds (id),
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  pod_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  sha256 BLOB NOT NULL,
  is_settled INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (hold_id, inbox_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX hold_copies_open ON hold_copies (inbox_id) WHERE is_settled = 0;
