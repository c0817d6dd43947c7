-- The address book of each inbox, and the tags that give keywords a name and a color.

CREATE TABLE contacts (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  local TEXT NOT NULL,
  domain TEXT NOT NULL,
  folded TEXT NOT NULL,
  name TEXT NOT NULL,
  notes TEXT NOT NULL,
  tags TEXT NOT NULL,
  status TEXT NOT NULL,
  searchable TEXT NOT NULL,
  message_count INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_message_at INTEGER,
  UNIQUE (inbox_id, folded)
) STRICT;
CREATE INDEX contacts_by_name ON contacts (inbox_id, searchable, id);

CREATE TABLE tags (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  keyword TEXT NOT NULL COLLATE NOCASE,
  name TEXT NOT NULL,
  color TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (inbox_id, keyword)
) STRICT;

CREATE INDEX audit_by_action ON audit (pod_id, action, seq);
