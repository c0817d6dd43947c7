"""How much one client may take in a session: time, mistakes, guesses."""

from typing import Final

LOGIN_SECONDS: Final = 60.0
"""From the greeting to the login."""
MAX_FAILED_LOGINS: Final = 4
"""In one session; `Credentials` counts over sessions."""
MAX_BAD_BEFORE_LOGIN: Final = 5
MAX_BAD_IN_A_ROW: Final = 50
PROGRESS_SECONDS: Final = 10.0
"""After which, and again and again, a client is told that its command still runs (RFC 9585)."""
COMMANDS_PER_TURN: Final = 50
"""Pipelined commands of one session after which the others get a turn."""
