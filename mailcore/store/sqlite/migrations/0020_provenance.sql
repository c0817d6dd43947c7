-- Which agents read mail that tries to give them instructions: what they send is held for a while.

CREATE TABLE taints (
  agent_id TEXT NOT NULL REFERENCES agents (id),
  message_id TEXT NOT NULL,
  pod_id TEXT NOT NULL,
  inbox_id TEXT NOT NULL,
  read_at INTEGER NOT NULL,
  cleared_at INTEGER,
  PRIMARY KEY (agent_id, message_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX taints_by_time ON taints (pod_id, read_at) WHERE cleared_at IS NULL;

-- The few messages to which a reading by FETCH matters.
CREATE INDEX judgments_injection ON judgments (rid) WHERE instr(security, '"prompt_injection"') > 0;
