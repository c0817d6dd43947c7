-- Keys of deliveries are random: what is kept of them goes to the end of its table now, and only some
-- octets of the key to a random page of an index. Rows are in the order of their time, so that none by
-- time is needed.

CREATE TABLE dedupe_in_order (
  id INTEGER PRIMARY KEY,
  inbox_id TEXT NOT NULL,
  key BLOB NOT NULL,
  pod_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  message_id TEXT NOT NULL,
  mailbox_id INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  uid_validity INTEGER NOT NULL,
  thread_id TEXT NOT NULL,
  seq INTEGER NOT NULL
) STRICT;
INSERT INTO dedupe_in_order (
  inbox_id, key, pod_id, at, message_id, mailbox_id, uid, uid_validity, thread_id, seq
) SELECT inbox_id, key, pod_id, at, message_id, mailbox_id, uid, uid_validity, thread_id, seq
  FROM dedupe ORDER BY at;
DROP TABLE dedupe;
ALTER TABLE dedupe_in_order RENAME TO dedupe;
CREATE INDEX dedupe_by_key ON dedupe (substr(key, -8));
