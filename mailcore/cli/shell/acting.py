"""The commands that do something: send, approve, reject, choose an inbox."""

from mailcore.cli.api import segment
from mailcore.cli.failure import WrongUse
from mailcore.cli.output import clean
from mailcore.cli.shell.lines import Lines
from mailcore.cli.shell.session import Kind, Session, Thing
from mailcore.errors import ErrorKind, MailError
from mailcore.model import JsonObject

_WAITING = (Kind.HOLD, Kind.QUARANTINED)
_SUBJECT_CHARS = 60
_REASONS = {
    "changed": "it is not what you saw any more",
    "already_decided": "it was decided the other way before",
    "not_found": "it is not there any more",
}


def approve(session: Session, given: str, lines: Lines) -> None:
    """Send a held message exactly as it was seen, or trust a sender in quarantine."""
    _decide(session, given, lines, "approve")


def reject(session: Session, given: str, lines: Lines) -> None:
    """Discard a held message, or block a sender in quarantine."""
    _decide(session, given, lines, "reject")


def _decide(session: Session, given: str, lines: Lines, verb: str) -> None:
    word, _, reason = given.partition(" ")
    thing = session.thing(word, _WAITING)
    if thing.kind is Kind.HOLD:
        _decide_hold(session, thing, lines, verb, reason.strip())
        return
    if reason:
        raise WrongUse("a decision about a sender takes no reason", fix="Leave it out")
    document = session.api.post(f"{thing.path}/{'approve' if verb == 'approve' else 'block'}")
    if not session.screen.document(document):
        said = f"{clean(document.get('from'))} is {clean(document.get('status'))}"
        session.screen.lines([said], "green")


def _decide_hold(session: Session, thing: Thing, lines: Lines, verb: str, reason: str) -> None:
    """The server decides only what still has the digest it had when it was shown here."""
    item: JsonObject = {"hold_id": thing.id, "digest": session.digests[thing.id]}
    hold = session.api.get(thing.path)
    to = f"{_addresses(hold)}: {clean(hold.get('subject'))[:_SUBJECT_CHARS]}"
    if verb == "approve" and not lines.agrees(f"Send to {to}? [y/N] "):
        session.screen.lines(["nothing was decided"])
        return
    body: JsonObject = {"decision": verb, "items": [item], "reason": reason}
    document = session.api.post("/v1/decisions", body)
    data = document.get("data")
    found = data[0] if isinstance(data, list) and data else {}
    error = found.get("error") if isinstance(found, dict) else None
    if error:
        raise MailError(
            ErrorKind.CONFLICT,
            f"not decided: {_REASONS.get(str(error), str(error))}",
            fix="List again with /pending",
        )
    if not session.screen.document(document):
        status = found.get("status") if isinstance(found, dict) else ""
        session.screen.lines([f"{clean(status)}: {to}"], "green")


def _addresses(hold: JsonObject) -> str:
    recipients = hold.get("recipients")
    return clean(", ".join(map(str, recipients)) if isinstance(recipients, list) else "")


def send(session: Session, given: str, lines: Lines) -> None:
    """Write a message; its text is the lines that follow, up to one with a single dot."""
    to, _, subject = given.partition(" ")
    body: JsonObject = {
        "identity_id": session.sender_id(),
        "to": [one for one in to.split(",") if one],
        "subject": subject.strip(),
        "text": lines.until_dot(),
    }
    document = session.api.post("/v1/messages", body)
    if session.screen.document(document):
        return
    status = clean(document.get("status"))
    session.screen.lines([f"{status}: message {clean(document.get('id'))}"])
    if document.get("hold_id"):
        hold = clean(document["hold_id"])
        session.known[hold] = Kind.HOLD
        session.digests[hold] = str(session.api.get(f"/v1/holds/{segment(hold)}").get("digest"))
        session.screen.lines([f"it waits for a person as hold {hold}"], "yellow")


def use(session: Session, address: str) -> None:
    """Look at one inbox, and send from it; without an address at all of them."""
    session.choose(address)
    if not session.screen.document(session.inbox):
        name = session.inbox.get("email") if session.inbox else "all inboxes"
        session.screen.lines([f"using {clean(name)}"])
