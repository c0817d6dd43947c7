-- A removed domain keeps its row for the inboxes that were in it, under a name nobody can ask for.

ALTER TABLE domains ADD COLUMN removed_at INTEGER;

CREATE TABLE domain_checks (
  domain_id TEXT PRIMARY KEY REFERENCES domains (id),
  pod_id TEXT NOT NULL,
  checked_at INTEGER NOT NULL,
  next_at INTEGER NOT NULL,
  attempts INTEGER NOT NULL,
  findings TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX domain_checks_by_next ON domain_checks (next_at);

ALTER TABLE dkim_keys ADD COLUMN state TEXT NOT NULL DEFAULT 'active';
ALTER TABLE dkim_keys ADD COLUMN published_until INTEGER;
UPDATE dkim_keys SET state = 'retired' WHERE is_active = 0;
ALTER TABLE dkim_keys DROP COLUMN is_active;
