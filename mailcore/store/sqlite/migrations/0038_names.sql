-- Contacts by what their names say, so that a stranger under a known name is noticed.

ALTER TABLE contacts ADD COLUMN name_key TEXT NOT NULL DEFAULT '';
UPDATE contacts SET name_key = name_key(name);
CREATE INDEX contacts_by_name_key ON contacts (pod_id, name_key) WHERE name_key <> '';
