-- Header fields that mail programs list mailboxes by, so that they are answered without a file. A content
-- without a row gets one when its header is read.

CREATE TABLE kept_fields (
  content_id INTEGER PRIMARY KEY REFERENCES contents (id) ON DELETE CASCADE,
  pod_id TEXT NOT NULL,
  block BLOB NOT NULL
) STRICT;
