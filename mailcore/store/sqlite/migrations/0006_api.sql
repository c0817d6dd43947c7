-- How many threads are listed in each inbox: kept by triggers, so that no list counts them.

CREATE TABLE thread_totals (
  inbox_id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  total INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO thread_totals (inbox_id, pod_id, total)
SELECT inbox_id, pod_id, count(*) FROM threads
WHERE merged_into IS NULL AND (message_count > 0 OR status = 'draft_pending')
GROUP BY inbox_id, pod_id;

CREATE TRIGGER thread_is_new AFTER INSERT ON threads
WHEN NEW.merged_into IS NULL AND (NEW.message_count > 0 OR NEW.status = 'draft_pending')
BEGIN
  INSERT INTO thread_totals (inbox_id, pod_id, total) VALUES (NEW.inbox_id, NEW.pod_id, 1)
  ON CONFLICT (inbox_id) DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER thread_appears AFTER UPDATE OF merged_into, message_count, status ON threads
WHEN NOT (OLD.merged_into IS NULL AND (OLD.message_count > 0 OR OLD.status = 'draft_pending'))
  AND NEW.merged_into IS NULL AND (NEW.message_count > 0 OR NEW.status = 'draft_pending')
BEGIN
  INSERT INTO thread_totals (inbox_id, pod_id, total) VALUES (NEW.inbox_id, NEW.pod_id, 1)
  ON CONFLICT (inbox_id) DO UPDATE SET total = total + 1;
END;

CREATE TRIGGER thread_disappears AFTER UPDATE OF merged_into, message_count, status ON threads
WHEN OLD.merged_into IS NULL AND (OLD.message_count > 0 OR OLD.status = 'draft_pending')
  AND NOT (NEW.merged_into IS NULL AND (NEW.message_count > 0 OR NEW.status = 'draft_pending'))
BEGIN
  UPDATE thread_totals SET total = total - 1 WHERE inbox_id = NEW.inbox_id;
END;

CREATE TRIGGER thread_is_gone AFTER DELETE ON threads
WHEN OLD.merged_into IS NULL AND (OLD.message_count > 0 OR OLD.status = 'draft_pending')
BEGIN
  UPDATE thread_totals SET total = total - 1 WHERE inbox_id = OLD.inbox_id;
END;

-- Keys for one inbox, and keys that may not do everything.

ALTER TABLE keys ADD COLUMN inbox_id TEXT REFERENCES inboxes (id);
ALTER TABLE keys ADD COLUMN permissions TEXT NOT NULL DEFAULT '["manage","read","send"]';

-- Every score that arriving mail was given, whatever became of the mail.

CREATE TABLE spam_log (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL REFERENCES inboxes (id),
  message_id TEXT NOT NULL,
  at INTEGER NOT NULL,
  sender TEXT NOT NULL,
  subject TEXT NOT NULL,
  score INTEGER NOT NULL,
  level TEXT NOT NULL,
  categories TEXT NOT NULL,
  findings TEXT NOT NULL
) STRICT;
CREATE INDEX spam_log_by_inbox ON spam_log (inbox_id);
CREATE INDEX spam_log_by_time ON spam_log (at);

-- Sending policies of an inbox.

ALTER TABLE inboxes ADD COLUMN can_send_cold INTEGER NOT NULL DEFAULT 1;
ALTER TABLE inboxes ADD COLUMN approval TEXT NOT NULL DEFAULT 'flagged';
