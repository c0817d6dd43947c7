-- What the owner has set while the server runs: a JSON object by name. What is not in it is as the
-- configuration says.

CREATE TABLE settings (
  pod_id TEXT PRIMARY KEY,
  chosen TEXT NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
