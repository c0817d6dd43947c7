-- How well the last connection for a recipient was protected.

ALTER TABLE attempts ADD COLUMN tls_level TEXT NOT NULL DEFAULT '';
ALTER TABLE recipients ADD COLUMN last_tls TEXT NOT NULL DEFAULT '';
ALTER TABLE recipients ADD COLUMN last_tls_level TEXT NOT NULL DEFAULT '';

-- MTA-STS policies of other domains (RFC 8461 §3), for as long as they allow.

CREATE TABLE sts_policies (
  pod_id TEXT NOT NULL,
  domain TEXT NOT NULL,
  policy_id TEXT NOT NULL,
  mode TEXT NOT NULL,
  mx TEXT NOT NULL,
  fetched_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (pod_id, domain)
) STRICT, WITHOUT ROWID;
CREATE INDEX sts_policies_by_fetch ON sts_policies (pod_id, fetched_at);

-- The best protection that was reached on the way to a domain, and when last.

CREATE TABLE tls_levels (
  pod_id TEXT NOT NULL,
  domain TEXT NOT NULL,
  level TEXT NOT NULL,
  seen_at INTEGER NOT NULL,
  PRIMARY KEY (pod_id, domain)
) STRICT, WITHOUT ROWID;

-- One table counts for both kinds of reports to other domains.

CREATE TABLE report_counts (
  pod_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  day TEXT NOT NULL,
  domain TEXT NOT NULL,
  published TEXT NOT NULL,
  seen TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (pod_id, kind, day, domain, published, seen)
) STRICT, WITHOUT ROWID;
INSERT INTO report_counts (pod_id, kind, day, domain, published, seen, count)
  SELECT pod_id, 'dmarc', day, domain, published, seen, count FROM dmarc_seen;
DROP TABLE dmarc_seen;

-- Reports that others sent about our domains. `document` is what they say, as JSON.

CREATE TABLE received_reports (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  domain TEXT NOT NULL,
  organization TEXT NOT NULL,
  report_id TEXT NOT NULL,
  begins_at INTEGER NOT NULL,
  ends_at INTEGER NOT NULL,
  sender TEXT NOT NULL,
  is_authenticated INTEGER NOT NULL,
  passed INTEGER NOT NULL,
  failed INTEGER NOT NULL,
  document TEXT NOT NULL,
  received_at INTEGER NOT NULL,
  UNIQUE (pod_id, kind, domain, sender, organization, report_id)
) STRICT;
CREATE INDEX received_reports_by_time ON received_reports (pod_id, received_at, id);
