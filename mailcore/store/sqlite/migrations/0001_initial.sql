-- Times are microseconds since 1970. JSON columns are canonical text. Every row names its pod.

CREATE TABLE domains (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  name TEXT NOT NULL UNIQUE,
  status TEXT NOT NULL,
  ownership_token TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  verified_at INTEGER
) STRICT;
CREATE INDEX domains_by_pod ON domains (pod_id, name);

CREATE TABLE dkim_keys (
  domain_id TEXT NOT NULL REFERENCES domains (id),
  selector TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  algorithm TEXT NOT NULL,
  sealed_private_key BLOB NOT NULL,
  public_key TEXT NOT NULL,
  is_active INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (domain_id, selector)
) STRICT, WITHOUT ROWID;

CREATE TABLE agents (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  owner_name TEXT NOT NULL,
  status TEXT NOT NULL,
  is_persistent INTEGER NOT NULL,
  metadata TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_activity_at INTEGER,
  deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX agents_by_name ON agents (pod_id, name) WHERE deleted_at IS NULL;

CREATE TABLE people (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  name TEXT NOT NULL,
  email_local TEXT NOT NULL,
  email_domain TEXT NOT NULL,
  email_folded TEXT NOT NULL,
  role TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (pod_id, email_folded)
) STRICT;

CREATE TABLE inboxes (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  agent_id TEXT REFERENCES agents (id),
  person_id TEXT REFERENCES people (id),
  domain_id TEXT NOT NULL REFERENCES domains (id),
  address_local TEXT NOT NULL,
  address_domain TEXT NOT NULL,
  address_folded TEXT NOT NULL,
  display_name TEXT NOT NULL,
  is_active INTEGER NOT NULL,
  trust_gate TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  deleted_at INTEGER
) STRICT;
CREATE UNIQUE INDEX inboxes_by_address ON inboxes (address_folded) WHERE deleted_at IS NULL;
CREATE INDEX inboxes_by_agent ON inboxes (agent_id);
CREATE INDEX inboxes_by_pod ON inboxes (pod_id, created_at);

CREATE TABLE passwords (
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  hash TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  PRIMARY KEY (inbox_id, hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE keys (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  hash BLOB NOT NULL UNIQUE,
  role TEXT NOT NULL,
  name TEXT NOT NULL,
  prefix TEXT NOT NULL,
  agent_id TEXT REFERENCES agents (id),
  person_id TEXT REFERENCES people (id),
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  revoked_at INTEGER,
  last_used_at INTEGER
) STRICT;
CREATE INDEX keys_by_pod ON keys (pod_id, created_at);
CREATE INDEX keys_by_agent ON keys (agent_id);

-- Mail

CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE mailboxes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  name TEXT NOT NULL,
  uid_validity INTEGER NOT NULL UNIQUE,
  uid_next INTEGER NOT NULL,
  highest_modseq INTEGER NOT NULL,
  messages INTEGER NOT NULL DEFAULT 0,
  unseen INTEGER NOT NULL DEFAULT 0,
  deleted INTEGER NOT NULL DEFAULT 0,
  size_bytes INTEGER NOT NULL DEFAULT 0,
  recent_from_uid INTEGER NOT NULL DEFAULT 1,
  tombstones_after INTEGER NOT NULL DEFAULT 0,
  special_use TEXT,
  is_subscribed INTEGER NOT NULL DEFAULT 1,
  is_selectable INTEGER NOT NULL DEFAULT 1,
  UNIQUE (inbox_id, name)
) STRICT;

CREATE TABLE contents (
  id INTEGER PRIMARY KEY,
  pod_id TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  size_bytes INTEGER NOT NULL,
  header_size_bytes INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  in_reply_to TEXT NOT NULL,
  reference_ids TEXT NOT NULL,
  subject TEXT NOT NULL,
  addresses TEXT NOT NULL,
  date_at INTEGER,
  date_offset_seconds INTEGER NOT NULL DEFAULT 0,
  preview TEXT NOT NULL,
  attachments TEXT NOT NULL,
  envelope BLOB NOT NULL,
  body BLOB NOT NULL,
  body_structure BLOB NOT NULL,
  parts BLOB NOT NULL
) STRICT;

-- Case-folded text that searches scan, apart from the wide rows.
CREATE TABLE searchables (
  content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
  pod_id TEXT NOT NULL,
  sent_day INTEGER,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  cc TEXT NOT NULL,
  bcc TEXT NOT NULL,
  subject TEXT NOT NULL,
  message_id TEXT NOT NULL,
  preview TEXT NOT NULL
) STRICT;

CREATE TABLE threads (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  subject TEXT NOT NULL,
  status TEXT NOT NULL,
  needs_review INTEGER NOT NULL,
  message_count INTEGER NOT NULL,
  participants TEXT NOT NULL,
  preview TEXT NOT NULL,
  searchable TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  last_message_at INTEGER NOT NULL,
  last_inbound_id TEXT,
  merged_into TEXT REFERENCES threads (id)
) STRICT;
-- Covers listing and counting.
CREATE INDEX threads_by_inbox
  ON threads (inbox_id, last_message_at, message_count, status, needs_review) WHERE merged_into IS NULL;
CREATE INDEX threads_merged ON threads (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE thread_refs (
  inbox_id TEXT NOT NULL,
  ref_hash INTEGER NOT NULL,
  thread_id TEXT NOT NULL REFERENCES threads (id),
  pod_id TEXT NOT NULL,
  PRIMARY KEY (inbox_id, ref_hash)
) STRICT, WITHOUT ROWID;

CREATE TABLE messages (
  rid INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  -- No foreign key: SQLite would copy every touched page aside for each row that moves.
  mailbox_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  modseq INTEGER NOT NULL,
  flags INTEGER NOT NULL,
  keywords TEXT NOT NULL,
  internal_date INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  header_size_bytes INTEGER NOT NULL,
  saved_at INTEGER NOT NULL,
  direction TEXT NOT NULL,
  content_id INTEGER NOT NULL REFERENCES contents (id),
  thread_id TEXT NOT NULL REFERENCES threads (id),
  inbox_id TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  blob TEXT NOT NULL
) STRICT;
-- Covers what a session loads at SELECT.
CREATE INDEX messages_by_uid ON messages (mailbox_id, uid, modseq, flags, keywords);
CREATE INDEX messages_by_modseq ON messages (mailbox_id, modseq, uid);
CREATE INDEX messages_by_date ON messages (mailbox_id, internal_date);
CREATE INDEX messages_by_thread ON messages (thread_id, internal_date);
CREATE INDEX messages_by_content ON messages (content_id);

CREATE TABLE judgments (
  rid INTEGER PRIMARY KEY REFERENCES messages (rid) ON DELETE CASCADE,
  pod_id TEXT NOT NULL,
  auth TEXT,
  security TEXT
) STRICT;

CREATE TABLE tombstones (
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes (id) ON DELETE CASCADE,
  modseq INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  pod_id TEXT NOT NULL,
  PRIMARY KEY (mailbox_id, modseq, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE doomed (
  blob TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  mailbox_id INTEGER NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX doomed_by_seq ON doomed (seq);

CREATE TABLE dedupe (
  inbox_id TEXT NOT NULL,
  key BLOB NOT NULL,
  pod_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  mailbox_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL,
  thread_id TEXT NOT NULL,
  seq INTEGER NOT NULL,
  PRIMARY KEY (inbox_id, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX dedupe_by_time ON dedupe (at);

-- Outbound

CREATE TABLE submissions (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT REFERENCES inboxes (id),
  thread_id TEXT REFERENCES threads (id),
  content_id INTEGER NOT NULL REFERENCES contents (id),
  actor TEXT NOT NULL,
  status TEXT NOT NULL,
  mail_from TEXT,
  envelope_recipients TEXT NOT NULL,
  blob TEXT NOT NULL,
  digest BLOB NOT NULL,
  verdict TEXT NOT NULL CHECK (verdict <> '{}'),
  hold_id TEXT,
  is_system INTEGER NOT NULL,
  send_at INTEGER,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX submissions_by_content ON submissions (content_id);
CREATE INDEX submissions_by_thread ON submissions (thread_id);
CREATE INDEX submissions_by_inbox ON submissions (inbox_id, created_at);

CREATE TABLE recipients (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pod_id TEXT NOT NULL,
  submission_id TEXT NOT NULL REFERENCES submissions (id),
  local TEXT NOT NULL,
  domain TEXT NOT NULL,
  destination TEXT NOT NULL,
  is_local INTEGER NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  lease_owner TEXT,
  created_at INTEGER NOT NULL,
  last_code INTEGER NOT NULL DEFAULT 0,
  last_reply TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX recipients_by_submission ON recipients (submission_id, destination);
CREATE INDEX recipients_waiting ON recipients (next_at) WHERE state IN ('due', 'scheduled', 'leased');

CREATE TABLE attempts (
  id INTEGER PRIMARY KEY,
  pod_id TEXT NOT NULL,
  queue_id INTEGER NOT NULL REFERENCES recipients (id),
  at INTEGER NOT NULL,
  outcome TEXT NOT NULL,
  code INTEGER NOT NULL,
  enhanced_code TEXT NOT NULL,
  reply TEXT NOT NULL,
  remote TEXT NOT NULL,
  tls TEXT NOT NULL
) STRICT;
CREATE INDEX attempts_by_recipient ON attempts (queue_id);

CREATE TABLE holds (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  submission_id TEXT NOT NULL UNIQUE REFERENCES submissions (id),
  inbox_id TEXT,
  thread_id TEXT,
  agent_id TEXT,
  draft_id TEXT,
  digest BLOB NOT NULL,
  version INTEGER NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  categories TEXT NOT NULL,
  findings TEXT NOT NULL,
  subject TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  decided_at INTEGER,
  decided_by TEXT NOT NULL DEFAULT '',
  decided_via TEXT NOT NULL DEFAULT '',
  decision_reason TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX holds_by_pod ON holds (pod_id, created_at);
CREATE INDEX holds_by_inbox ON holds (inbox_id);
CREATE INDEX holds_by_thread ON holds (thread_id);
CREATE INDEX holds_pending ON holds (expires_at) WHERE status = 'pending';

CREATE TABLE spent_tokens (
  token_id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  hold_id TEXT NOT NULL REFERENCES holds (id),
  at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE idempotency (
  scope TEXT NOT NULL,
  key TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  request_hash BLOB NOT NULL,
  submission_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (scope, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_by_time ON idempotency (at);

CREATE TABLE drafts (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  thread_id TEXT,
  based_on_message_id TEXT,
  status TEXT NOT NULL,
  content TEXT NOT NULL,
  rationale TEXT NOT NULL,
  metadata TEXT NOT NULL,
  version INTEGER NOT NULL,
  hold_id TEXT,
  submission_id TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX drafts_by_inbox ON drafts (inbox_id, updated_at);
CREATE INDEX drafts_by_thread ON drafts (thread_id);

CREATE TABLE draft_versions (
  draft_id TEXT NOT NULL REFERENCES drafts (id),
  version INTEGER NOT NULL,
  pod_id TEXT NOT NULL,
  content TEXT NOT NULL,
  rationale TEXT NOT NULL,
  metadata TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (draft_id, version)
) STRICT, WITHOUT ROWID;

-- Journal, audit, coordination

CREATE TABLE journal (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  pod_id TEXT NOT NULL,
  name TEXT NOT NULL,
  is_public INTEGER NOT NULL,
  agent_id TEXT,
  inbox_id TEXT,
  mailbox_id INTEGER,
  body TEXT NOT NULL
) STRICT;

CREATE TABLE cursors (
  consumer TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  at INTEGER NOT NULL,
  pod_id TEXT NOT NULL,
  actor TEXT NOT NULL,
  action TEXT NOT NULL,
  subject TEXT NOT NULL,
  detail TEXT NOT NULL,
  hash TEXT NOT NULL
) STRICT;
CREATE INDEX audit_by_pod ON audit (pod_id, seq);

CREATE TABLE leases (
  name TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  owner TEXT NOT NULL,
  until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
