-- Lanes, and turns of those who send within them: one that sends much does not keep the others waiting.
ALTER TABLE recipients ADD COLUMN lane TEXT NOT NULL DEFAULT 'remote';
ALTER TABLE recipients ADD COLUMN sender_id TEXT NOT NULL DEFAULT '';
UPDATE recipients SET
  lane = CASE WHEN is_local THEN 'local'
    WHEN (SELECT s.is_system FROM submissions s WHERE s.id = submission_id) THEN 'system' ELSE 'remote' END,
  sender_id = coalesce((SELECT coalesce(i.agent_id, i.person_id) FROM submissions s
    JOIN inboxes i ON i.id = s.inbox_id WHERE s.id = submission_id), '')
WHERE state NOT IN ('delivered', 'failed', 'canceled');
DROP INDEX recipients_waiting;
CREATE INDEX recipients_waiting ON recipients
  (lane, sender_id, next_at, destination, submission_id, pod_id, state, is_local)
  WHERE state IN ('due', 'scheduled', 'leased');
DROP INDEX recipients_leased;
CREATE INDEX recipients_leased ON recipients (lane, sender_id, destination, next_at, submission_id)
  WHERE state = 'leased';

-- When each sender had its last turn in a lane, as a number that grows.
CREATE TABLE queue_turns (
  lane TEXT NOT NULL,
  sender_id TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  turn INTEGER NOT NULL,
  PRIMARY KEY (lane, sender_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX queue_turns_by_turn ON queue_turns (turn);

-- What the owner holds back: a message, a domain, an agent, or everything.
CREATE TABLE queue_pauses (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  reason TEXT NOT NULL,
  actor TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (kind, value, pod_id)
) STRICT;

-- Smart hosts of single agents and domains; the secret is sealed with the server's key.
CREATE TABLE smarthosts (
  id TEXT PRIMARY KEY,
  pod_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  value TEXT NOT NULL,
  host TEXT NOT NULL,
  port INTEGER NOT NULL,
  user TEXT NOT NULL,
  sealed_secret BLOB NOT NULL,
  is_token INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (pod_id, kind, value)
) STRICT;
