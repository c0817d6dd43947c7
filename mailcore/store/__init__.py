"""Where mail lives: ports for the services, a Maildir for the bytes, SQLite for everything else."""
