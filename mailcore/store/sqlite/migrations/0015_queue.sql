-- Claims pass over destinations that are busy by the index alone, and count what is on its way there.
DROP INDEX recipients_waiting;
CREATE INDEX recipients_waiting ON recipients (next_at, destination, submission_id, state, is_local)
  WHERE state IN ('due', 'scheduled', 'leased');
CREATE INDEX recipients_leased ON recipients (destination, next_at, submission_id)
  WHERE state = 'leased';
