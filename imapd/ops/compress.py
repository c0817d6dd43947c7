"""COMPRESS DEFLATE (RFC 4978)."""

from imapd import responses
from imapd.commands import Compress
from imapd.ops.outcome import Word
from imapd.session import Session


def compress(session: Session, command: Compress) -> Word:
    """Answer in clear, and go on compressed in both directions."""
    connection, tag = session.connection, session.tag
    if command.mechanism != "DEFLATE":
        session.write(responses.bad(tag, "the one mechanism is DEFLATE"))
        return Word.BAD
    if connection.is_compressed:
        session.write(responses.no(tag, "compression is on already", b"COMPRESSIONACTIVE"))
        return Word.NO
    session.write(responses.ok(tag, "compression begins"))
    connection.compress()
    return Word.OK
