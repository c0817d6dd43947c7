-- Annotations of mailboxes, and of the inbox itself where `mailbox_id` is 0 (RFC 5464).
CREATE TABLE metadata (
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  mailbox_id INTEGER NOT NULL,
  entry TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  value BLOB NOT NULL,
  PRIMARY KEY (inbox_id, mailbox_id, entry)
) STRICT;
CREATE INDEX metadata_by_mailbox ON metadata (mailbox_id);
