-- Bytes and the files they are in. Bytes belong to a content: they are in `pending_bytes` until the
-- mirror has written a file, and from then on in every file of that content whose `path` is known.
-- A row of `files` stands for one name: of a message, a submission or a message that is doomed.

CREATE TABLE files (
  ref TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  -- NULL only for what was doomed before this table was there.
  content_id INTEGER REFERENCES contents (id),
  path TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX files_by_content ON files (content_id);

CREATE TABLE pending_bytes (
  content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
  pod_id TEXT NOT NULL,
  bytes BLOB NOT NULL
) STRICT;

-- The mirror's state: a directory and the keywords whose letters its file names use.
CREATE TABLE folders (
  mailbox_id INTEGER PRIMARY KEY,
  pod_id TEXT NOT NULL,
  path TEXT NOT NULL,
  keywords TEXT NOT NULL DEFAULT ''
) STRICT;

INSERT INTO files (ref, pod_id, content_id, path)
  SELECT blob, pod_id, content_id, blob FROM messages
  UNION ALL SELECT blob, pod_id, content_id, blob FROM submissions;
INSERT INTO files (ref, pod_id, content_id, path)
  SELECT blob, pod_id, NULL, blob FROM doomed WHERE true ON CONFLICT DO NOTHING;
