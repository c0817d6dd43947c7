-- The full-text index: a file of its own that can be deleted at any time and is then filled again.
CREATE TABLE state (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  form TEXT NOT NULL,
  origin INTEGER NOT NULL,
  cursor INTEGER NOT NULL,
  -- The contents up to this id are indexed; NULL once all are that were there at the beginning.
  filled_to INTEGER,
  is_sweeping INTEGER NOT NULL,
  removed INTEGER NOT NULL
) STRICT;
CREATE TABLE documents (
  content_id INTEGER PRIMARY KEY,
  pod_id TEXT NOT NULL,
  sha256 BLOB NOT NULL,
  is_whole INTEGER NOT NULL,
  -- Subject, sender, recipients, cc, bcc: five lines.
  fields TEXT NOT NULL,
  head TEXT NOT NULL,
  -- NULL where lower() gives the folded text: it is ASCII.
  head_folded TEXT,
  body TEXT NOT NULL,
  body_folded TEXT
) STRICT;
CREATE INDEX documents_cut ON documents (content_id) WHERE is_whole = 0;
CREATE VIRTUAL TABLE fields USING fts5(
  subject, sender, recipients, cc, bcc,
  tokenize = 'trigram case_sensitive 1', content = '', detail = column, columnsize = 0);
CREATE VIRTUAL TABLE heads USING fts5(
  folded, tokenize = 'trigram case_sensitive 1', content = '', detail = none, columnsize = 0);
CREATE VIRTUAL TABLE bodies USING fts5(
  folded, tokenize = 'trigram case_sensitive 1', content = '', detail = none, columnsize = 0);
