"""The kinds of signs: what is seen of a threat in how a message is made. Data only."""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class SignKind:
    """One kind: its category, its points, one sentence."""

    id: str
    category: str
    points: int
    description: str


SIGN_KINDS: Final[tuple[SignKind, ...]] = (
    SignKind(
        id="attachment.double_ending",
        category="attachment_risk",
        points=20,
        description="A program is named like a document.",
    ),
    SignKind(
        id="attachment.locked_archive",
        category="attachment_risk",
        points=15,
        description="An encrypted archive is attached.",
    ),
    SignKind(
        id="attachment.macros",
        category="attachment_risk",
        points=15,
        description="A document with macros is attached.",
    ),
    SignKind(
        id="attachment.page",
        category="attachment_risk",
        points=10,
        description="A web page is attached.",
    ),
    SignKind(
        id="attachment.program",
        category="attachment_risk",
        points=25,
        description="A program is attached.",
    ),
    SignKind(
        id="attachment.turned_name",
        category="attachment_risk",
        points=25,
        description="A file name is written backwards.",
    ),
    SignKind(
        id="auth.dkim_fail",
        category="authentication",
        points=10,
        description="No signature of the message verifies.",
    ),
    SignKind(
        id="auth.dmarc_fail",
        category="authentication",
        points=20,
        description="DMARC failed for the sender's domain.",
    ),
    SignKind(
        id="auth.spf_fail",
        category="authentication",
        points=10,
        description="The sending host is not one of the domain's.",
    ),
    SignKind(
        id="spam.shouting", category="content_spam", points=5, description="The subject shouts."
    ),
    SignKind(
        id="header.no_message_id",
        category="header_anomaly",
        points=5,
        description="The message has no Message-ID.",
    ),
    SignKind(
        id="header.no_sender",
        category="header_anomaly",
        points=10,
        description="The message has no sender.",
    ),
    SignKind(
        id="header.reply_to_elsewhere",
        category="header_anomaly",
        points=5,
        description="Answers go to another domain than the sender's.",
    ),
    SignKind(
        id="header.several_senders",
        category="header_anomaly",
        points=15,
        description="The message has several senders.",
    ),
    SignKind(
        id="phishing.address_as_name",
        category="phishing",
        points=15,
        description="The sender's name shows another address.",
    ),
    SignKind(
        id="phishing.borrowed_name",
        category="phishing",
        points=15,
        description="The sender's name is that of a company, the domain is not.",
    ),
    SignKind(
        id="phishing.link_mismatch",
        category="phishing",
        points=15,
        description="A link shows another site than it opens.",
    ),
    SignKind(
        id="phishing.lookalike_domain",
        category="phishing",
        points=15,
        description="The sender's domain may imitate another.",
    ),
    SignKind(
        id="attachment.active_page",
        category="attachment_risk",
        points=15,
        description="An attached page runs a script or asks for input.",
    ),
    SignKind(
        id="attachment.program_inside",
        category="attachment_risk",
        points=20,
        description="An archive holds a program.",
    ),
    SignKind(
        id="header.known_name_elsewhere",
        category="header_anomaly",
        points=20,
        description="A stranger has the name of somebody who is known under another domain.",
    ),
    SignKind(
        id="header.office_at_free_mail",
        category="header_anomaly",
        points=10,
        description="An office writes from an address that anyone can get.",
    ),
    SignKind(
        id="header.rare_domain",
        category="header_anomaly",
        points=5,
        description="The sender's domain has a cheap ending or is named like a service.",
    ),
    SignKind(
        id="header.reply_to_free_mail",
        category="header_anomaly",
        points=10,
        description="Answers go to an address that anyone can get.",
    ),
    SignKind(
        id="header.reply_to_lookalike",
        category="header_anomaly",
        points=20,
        description="Answers go to a domain that imitates the sender's.",
    ),
    SignKind(
        id="links.brand_elsewhere",
        category="link_analysis",
        points=10,
        description="A link carries a known name in a domain of somebody else.",
    ),
    SignKind(
        id="links.rare_domain",
        category="link_analysis",
        points=5,
        description="A link's domain has a cheap ending or is named like a service.",
    ),
    SignKind(
        id="links.redirect",
        category="link_analysis",
        points=10,
        description="A link goes on to another site.",
    ),
    SignKind(
        id="phishing.brand_elsewhere",
        category="phishing",
        points=15,
        description="The sender carries a known name in a domain of somebody else.",
    ),
    SignKind(
        id="phishing.lookalike_own",
        category="phishing",
        points=20,
        description="The sender's domain imitates the recipient's.",
    ),
    SignKind(
        id="phishing.own_name_elsewhere",
        category="phishing",
        points=15,
        description="The sender's name is that of the recipient's organization, the domain is not.",
    ),
    SignKind(
        id="phishing.password_field",
        category="phishing",
        points=25,
        description="The message has a field for a password.",
    ),
    SignKind(
        id="injection.disguised",
        category="prompt_injection",
        points=15,
        description="Instructions were encoded or put where people do not look.",
    ),
    SignKind(
        id="injection.invisible_text",
        category="prompt_injection",
        points=20,
        description="The text holds writing that nobody sees.",
    ),
)
KINDS: Final = {kind.id: kind for kind in SIGN_KINDS}
