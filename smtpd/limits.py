"""How much one client may take: mistakes, guesses, time. Connections: `mailcore.clients`.

Networks in `limits.trusted_networks` are free of the limits on connections, recipients and logins;
nobody is free of the limit on protocol errors. Nothing here waits or writes.
"""

from typing import Final

from mailcore.clients import read_ip

MAX_ERRORS: Final = 10
"""Protocol errors in one session before it ends."""
MAX_BAD_RECIPIENTS: Final = 20
"""Refused recipients in one session before it ends: somebody is trying names."""
MAX_FAILED_LOGINS: Final = 3
"""Failed logins in one session before it ends; `Credentials` counts over sessions."""
MAX_LINE: Final = 2048
"""Octets of a command line; RFC 5321 §4.5.3.1.4 asks for at least 512 plus extensions."""
MAX_AUTH_LINE: Final = 12_288
"""Octets of a line of AUTH (RFC 4954 §4)."""
COMMANDS_PER_TURN: Final = 50
"""Pipelined commands of one session after which the others get a turn."""
READ_CHUNK: Final = 256 * 1024
"""Octets of content taken at once."""
MAX_UNREAD: Final = 128 * 1024
"""Octets that may wait to be executed; then nothing more is read."""
HANDSHAKE_SECONDS: Final = 30.0
"""Time for a TLS handshake."""
ACCEPT_SECONDS: Final = 540.0
"""Time to answer the end of DATA; clients wait ten minutes (RFC 5321 §4.5.3.2.6)."""
LINGER_SECONDS: Final = 5.0
"""Time for the last reply to reach a client before the connection is cut."""
MIN_BYTES_PER_SECOND: Final = 128
"""Content must arrive at this rate, measured over one timeout: trickling does not hold memory."""


def plain_ip(peername: object) -> str:
    """The address of a peer: IPv4-mapped IPv6 as IPv4, no scope; empty when there is none."""
    if not isinstance(peername, tuple) or not peername:
        return ""
    address = read_ip(str(peername[0]))
    return "" if address is None else str(address)
