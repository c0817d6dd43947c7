-- What becomes of forged mail to an inbox.

ALTER TABLE inboxes ADD COLUMN dmarc_enforce TEXT NOT NULL DEFAULT 'default';
