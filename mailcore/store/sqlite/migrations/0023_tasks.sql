-- Work that agents, and the owner, give to agents. JSON as `dump` writes it.
CREATE TABLE tasks (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  type TEXT NOT NULL,
  payload TEXT NOT NULL,
  result_schema TEXT,
  status TEXT NOT NULL,
  is_mailed INTEGER NOT NULL,
  assigner_name TEXT NOT NULL,
  assigner_agent_id TEXT,
  assigner_inbox_id TEXT,
  assignee_name TEXT NOT NULL,
  assignee_agent_id TEXT NOT NULL,
  assignee_inbox_id TEXT NOT NULL,
  claimant_name TEXT,
  claimant_agent_id TEXT,
  claimant_inbox_id TEXT,
  result TEXT,
  error TEXT NOT NULL DEFAULT '',
  created_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  claimed_at INTEGER,
  finished_at INTEGER
) STRICT;
CREATE INDEX tasks_by_pod ON tasks (pod_id, id);
CREATE INDEX tasks_by_assigner ON tasks (assigner_agent_id, id);
CREATE INDEX tasks_by_assignee ON tasks (assignee_agent_id, id);
CREATE INDEX tasks_by_claimant ON tasks (claimant_agent_id, id) WHERE claimant_agent_id IS NOT NULL;
CREATE INDEX tasks_open ON tasks (expires_at) WHERE status IN ('pending', 'claimed');
CREATE INDEX tasks_finished ON tasks (finished_at) WHERE finished_at IS NOT NULL;

-- Texts to send again: `{{ name }}` stands for what is given at sending.
CREATE TABLE templates (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  subject TEXT NOT NULL,
  text TEXT,
  html TEXT,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (inbox_id, folded)
) STRICT;

-- What stands below the mail of an inbox; at most one is the default.
CREATE TABLE signatures (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  name TEXT NOT NULL,
  folded TEXT NOT NULL,
  text TEXT NOT NULL,
  html TEXT,
  is_default INTEGER NOT NULL,
  is_automatic INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  UNIQUE (inbox_id, folded)
) STRICT;
CREATE UNIQUE INDEX signatures_default ON signatures (inbox_id) WHERE is_default = 1;
