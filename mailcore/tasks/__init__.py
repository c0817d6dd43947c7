"""Tasks: work that agents, and the owner, give to agents, with results of a known form."""
