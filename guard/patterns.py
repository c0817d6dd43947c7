"""The leak rule table: all rules, each id once. Data only."""

from typing import Final

from guard import (
    patterns_access,
    patterns_affairs,
    patterns_beside,
    patterns_business,
    patterns_inside,
    patterns_national,
    patterns_particulars,
    patterns_personal,
    patterns_random,
    patterns_secrets,
    patterns_tokens,
    patterns_told,
)
from guard.rule import Rule

RULES: Final[tuple[Rule, ...]] = (
    patterns_tokens.RULES
    + patterns_secrets.RULES
    + patterns_access.RULES
    + patterns_beside.RULES
    + patterns_business.RULES
    + patterns_affairs.RULES
    + patterns_random.RULES
    + patterns_personal.RULES
    + patterns_national.RULES
    + patterns_particulars.RULES
    + patterns_inside.RULES
    + patterns_told.RULES
)

OTHER_FINDINGS: Final = {
    "attachment.data_file": ("medium", "A database, dump or recording is attached."),
    "attachment.sensitive_file": (
        "high",
        "A file whose name says that it holds keys or passwords.",
    ),
    "credential.decoy": ("critical", "A decoy that the owner planted is in the message."),
    "credential.registered_secret": ("critical", "A secret that the owner registered is in it."),
    "encoding.unscannable": ("high", "Something could not be looked into."),
    "encoding.unscanned_image": ("low", "An image was not looked into; text in its file was."),
    "encoding.unscanned_signature": ("medium", "A signature file was not looked into."),
    "provenance.other_thread": (
        "high",
        "Text of another conversation is in it; a warning when all recipients are known.",
    ),
    "provenance.recipient": (
        "high",
        "A recipient is known only from the text of somebody who is not trusted; a warning when they share a domain.",
    ),
    "provenance.tainted": (
        "critical",
        "Its author read mail that tries to give it instructions.",
    ),
}
"""What is found without patterns: severity and sentence by id."""
