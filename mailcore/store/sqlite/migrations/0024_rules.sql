-- Rules of the owner (no agent) and of agents, and what they did. JSON as `dump` writes it.
CREATE TABLE rules (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  agent_id TEXT,
  inbox_id TEXT,
  name TEXT NOT NULL,
  trigger TEXT NOT NULL,
  conditions TEXT NOT NULL,
  actions TEXT NOT NULL,
  priority INTEGER NOT NULL,
  stops INTEGER NOT NULL,
  is_enabled INTEGER NOT NULL,
  created_by TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT;
CREATE INDEX rules_by_pod ON rules (pod_id, agent_id);

-- One row for each rule and occurrence; `next_at` is when what is pending is due.
CREATE TABLE rule_applications (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  rule_id TEXT NOT NULL,
  rule_name TEXT NOT NULL,
  agent_id TEXT,
  trigger TEXT NOT NULL,
  inbox_id TEXT NOT NULL,
  about TEXT NOT NULL,
  occurrence TEXT NOT NULL,
  steps TEXT NOT NULL,
  at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  next_at INTEGER,
  UNIQUE (rule_id, about, trigger, occurrence)
) STRICT;
CREATE INDEX rule_applications_by_inbox ON rule_applications (inbox_id, id);
CREATE INDEX rule_applications_by_about ON rule_applications (about, id);
CREATE INDEX rule_applications_due ON rule_applications (next_at) WHERE next_at IS NOT NULL;
CREATE INDEX rule_applications_by_age ON rule_applications (at);

-- Whom a rule answered last, and by which application.
CREATE TABLE rule_replies (
  rule_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL,
  sender TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  application_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (rule_id, inbox_id, sender)
) STRICT, WITHOUT ROWID;
CREATE INDEX rule_replies_by_age ON rule_replies (at);

-- The tags of a contact as a person last gave them: rules that approve look at these alone.
ALTER TABLE contacts ADD COLUMN vouched_tags TEXT NOT NULL DEFAULT '[]';
