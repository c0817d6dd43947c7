-- Where mail for an address goes beside the inbox of that name, and who waits at the door.

CREATE TABLE aliases (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  domain_id TEXT NOT NULL REFERENCES domains (id),
  address_local TEXT NOT NULL,
  address_domain TEXT NOT NULL,
  address_folded TEXT NOT NULL UNIQUE,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX aliases_by_pod ON aliases (pod_id, address_folded);

CREATE TABLE alias_inboxes (
  alias_id TEXT NOT NULL REFERENCES aliases (id) ON DELETE CASCADE,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  pod_id TEXT NOT NULL,
  PRIMARY KEY (alias_id, inbox_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX alias_inboxes_by_inbox ON alias_inboxes (inbox_id);

-- The inbox that takes mail for names of the domain that nobody has or had.
ALTER TABLE domains ADD COLUMN catch_all TEXT REFERENCES inboxes (id);

-- Addresses that were given up: their mail is refused by its own reason.
CREATE INDEX inboxes_given_up ON inboxes (address_folded, deleted_at);

-- Only a person's word discards mail; what an agent blocks goes to Junk.
ALTER TABLE contacts ADD COLUMN is_discarded INTEGER NOT NULL DEFAULT 0;
UPDATE contacts SET is_discarded = 1 WHERE status = 'blocked' AND EXISTS (
  SELECT 1 FROM quarantine q WHERE q.inbox_id = contacts.inbox_id
    AND q.sender_folded = contacts.folded AND q.status = 'blocked');

-- Pairs of network and envelope that greylisting has seen.
CREATE TABLE greylist (
  pair BLOB PRIMARY KEY,
  pod_id TEXT NOT NULL,
  first_at INTEGER NOT NULL,
  seen_at INTEGER NOT NULL,
  is_passed INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX greylist_by_seen ON greylist (seen_at);
