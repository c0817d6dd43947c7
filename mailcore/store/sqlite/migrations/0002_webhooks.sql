-- Webhooks: where events are posted, and one row for each event that each of them is owed.

CREATE TABLE webhooks (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  agent_id TEXT REFERENCES agents (id),
  url TEXT NOT NULL,
  description TEXT NOT NULL,
  event_names TEXT NOT NULL,
  inbox_ids TEXT NOT NULL,
  header_names TEXT NOT NULL,
  sealed_headers BLOB NOT NULL,
  sealed_secrets BLOB NOT NULL,
  is_enabled INTEGER NOT NULL,
  disabled_reason TEXT NOT NULL DEFAULT '',
  failures INTEGER NOT NULL DEFAULT 0,
  failing_since INTEGER,
  last_success_at INTEGER,
  version INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_by_pod ON webhooks (pod_id, created_at);
CREATE INDEX webhooks_by_agent ON webhooks (agent_id);

-- `body` is set for events that are not in the journal (tests). `next_at` of a row in state
-- 'sending' is the end of its lease. `round` counts failures since it was last (re)started.
CREATE TABLE webhook_deliveries (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pod_id TEXT NOT NULL,
  webhook_id TEXT NOT NULL REFERENCES webhooks (id) ON DELETE CASCADE,
  event_id TEXT NOT NULL,
  event_seq INTEGER,
  event_name TEXT NOT NULL,
  event_at INTEGER NOT NULL,
  body TEXT,
  state TEXT NOT NULL,
  is_retry INTEGER NOT NULL,
  round INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  next_at INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  last_attempt_at INTEGER,
  last_status INTEGER NOT NULL DEFAULT 0,
  last_reply TEXT NOT NULL DEFAULT '',
  duration_ms INTEGER NOT NULL DEFAULT 0,
  UNIQUE (webhook_id, event_id)
) STRICT;
CREATE INDEX webhook_deliveries_first ON webhook_deliveries (webhook_id, id)
  WHERE state IN ('pending', 'sending') AND is_retry = 0;
CREATE INDEX webhook_deliveries_again ON webhook_deliveries (webhook_id, next_at)
  WHERE state IN ('pending', 'sending') AND is_retry = 1;
CREATE INDEX webhook_deliveries_listed ON webhook_deliveries (webhook_id, state, id);
CREATE INDEX webhook_deliveries_by_time ON webhook_deliveries (created_at);
