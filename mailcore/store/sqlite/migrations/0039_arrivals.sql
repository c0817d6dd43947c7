-- How far the log of arrivals is placed: changed in the transaction that places them.

CREATE TABLE arrivals_placed (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  pod_id TEXT NOT NULL,
  epoch INTEGER NOT NULL,
  up_to INTEGER NOT NULL
) STRICT;
