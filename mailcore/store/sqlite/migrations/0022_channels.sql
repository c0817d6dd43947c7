-- Chat services where people are asked and decide: the bot, who is who there, and what was shown.

CREATE TABLE channels (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  name TEXT NOT NULL,
  account TEXT NOT NULL,
  target TEXT NOT NULL,
  sealed_secrets BLOB NOT NULL,
  created_at INTEGER NOT NULL,
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  last_error TEXT NOT NULL DEFAULT '',
  last_success_at INTEGER,
  UNIQUE (pod_id, name)
) STRICT;

-- An account there that is a person here. `target` is where that person is asked; empty where
-- everybody is asked in the target of the channel.
CREATE TABLE channel_links (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  user_id TEXT NOT NULL,
  user_name TEXT NOT NULL,
  target TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (channel_id, user_id)
) STRICT;
CREATE INDEX channel_links_by_person ON channel_links (person_id);

-- Codes by which a person says who they are there: used once.
CREATE TABLE channel_codes (
  hash BLOB PRIMARY KEY,
  pod_id TEXT NOT NULL,
  channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  person_id TEXT NOT NULL REFERENCES people (id) ON DELETE CASCADE,
  ends_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_codes_by_channel ON channel_codes (channel_id);
CREATE INDEX channel_codes_by_person ON channel_codes (person_id);

-- What is shown where about a hold or about mail in quarantine; `ref` is the service's own name of the
-- message. `shown` is '' before it was posted, then 'asked', at the end 'closed', or 'failed' for good.
CREATE TABLE channel_messages (
  channel_id TEXT NOT NULL REFERENCES channels (id) ON DELETE CASCADE,
  about_id TEXT NOT NULL,
  target TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  ref TEXT NOT NULL DEFAULT '',
  shown TEXT NOT NULL DEFAULT '',
  shown_version INTEGER NOT NULL DEFAULT 0,
  error TEXT NOT NULL DEFAULT '',
  at INTEGER NOT NULL,
  PRIMARY KEY (channel_id, about_id, target)
) STRICT, WITHOUT ROWID;
CREATE INDEX channel_messages_open ON channel_messages (channel_id, about_id)
  WHERE shown IN ('', 'asked');
CREATE INDEX channel_messages_ended ON channel_messages (at) WHERE shown IN ('closed', 'failed');
