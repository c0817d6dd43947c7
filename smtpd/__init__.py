"""The SMTP edge: receives mail on port 25, takes submissions on 587 and 465."""
