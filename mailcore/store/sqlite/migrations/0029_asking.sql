-- When people began to be asked: what can wait is asked later, and a channel that an inbox prefers is
-- asked before the others.

ALTER TABLE holds ADD COLUMN asked_at INTEGER;
UPDATE holds SET asked_at = created_at WHERE is_told = 1;

ALTER TABLE quarantine ADD COLUMN asked_at INTEGER;
UPDATE quarantine SET asked_at = told_at WHERE told_at IS NOT NULL;

-- Many strangers told of in one message of a chat; `senders` is a JSON list of items in quarantine.

CREATE TABLE stranger_digests (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  senders TEXT NOT NULL,
  at INTEGER NOT NULL
) STRICT;

-- How many approvals a message told of, where two people are needed.

ALTER TABLE channel_messages ADD COLUMN shown_votes INTEGER NOT NULL DEFAULT 0;

-- Who wrote a version of a draft.

ALTER TABLE draft_versions ADD COLUMN author TEXT NOT NULL DEFAULT '';

-- What a held message was before a person changed it, with the bytes it had.

CREATE TABLE hold_versions (
  hold_id TEXT NOT NULL REFERENCES holds (id),
  version INTEGER NOT NULL,
  pod_id TEXT NOT NULL,
  digest BLOB NOT NULL,
  recipients TEXT NOT NULL,
  subject TEXT NOT NULL,
  raw BLOB NOT NULL,
  ended_by TEXT NOT NULL,
  ended_at INTEGER NOT NULL,
  reason TEXT NOT NULL,
  PRIMARY KEY (hold_id, version)
) STRICT;
