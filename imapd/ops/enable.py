"""ENABLE (RFC 5161): extensions that change what the server says unasked."""

from imapd import responses
from imapd.commands import Enable
from imapd.ops.outcome import Outcome, done
from imapd.session import Session


def enable(session: Session, command: Enable) -> Outcome:
    r"""Switch on what is known; what is not is passed over silently.

    With a mailbox selected only what its view can take: names and `\Recent` stay as they were told.
    """
    known = [name for name in dict.fromkeys(command.names) if _switch(session, name)]
    session.write(responses.untagged(" ".join(["ENABLED", *known]).encode("ascii")))
    return done("enabled")


def _switch(session: Session, name: str) -> bool:
    """Switch one on; whether it is on now and was not."""
    manner = session.manner
    if name in manner.enabled or name in session.switched_off:
        return False
    match name:
        case "CONDSTORE":
            session.want_modseq()
        case "QRESYNC":
            session.want_modseq()
            manner.has_vanished = True
        case "UIDONLY":
            manner.is_uid_only = True
        case "UTF8=ACCEPT" | "IMAP4REV2" if session.selected is None:
            manner.is_utf8 = True
            manner.is_rev2 = manner.is_rev2 or name == "IMAP4REV2"
        case _:
            return False
    manner.enabled.add(name)
    return True
