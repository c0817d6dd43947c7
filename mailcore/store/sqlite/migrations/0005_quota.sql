-- What an inbox may hold; 0 is unlimited. IMAP capabilities its owner has switched off, as JSON.
ALTER TABLE inboxes ADD COLUMN quota_bytes INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inboxes ADD COLUMN quota_messages INTEGER NOT NULL DEFAULT 0;
ALTER TABLE inboxes ADD COLUMN disabled_capabilities TEXT NOT NULL DEFAULT '[]';

-- SCRAM keys of the password, sealed; NULL until they are made at the next login in clear.
ALTER TABLE passwords ADD COLUMN sealed_scram BLOB;

-- The message in Drafts that shows the draft, and when the draft was deleted.
ALTER TABLE drafts ADD COLUMN message_id TEXT;
ALTER TABLE drafts ADD COLUMN source TEXT NOT NULL DEFAULT 'api';
ALTER TABLE drafts ADD COLUMN deleted_at INTEGER;
CREATE INDEX drafts_by_message ON drafts (message_id) WHERE message_id IS NOT NULL;
