-- What becomes of forged mail to an inbox.

ALTER TABLE inboxes ADD COLUMN dmarc_enforce TEXT NOT NULL DEFAULT 'default';

-- What is going to be told to domains that ask for DMARC aggregate reports, by UTC day. `published` and
-- `seen` are the parts of the report as JSON; rows go once the report is submitted.

CREATE TABLE dmarc_seen (
  pod_id TEXT NOT NULL,
  day TEXT NOT NULL,
  domain TEXT NOT NULL,
  published TEXT NOT NULL,
  seen TEXT NOT NULL,
  count INTEGER NOT NULL,
  PRIMARY KEY (pod_id, day, domain, published, seen)
) STRICT, WITHOUT ROWID;
