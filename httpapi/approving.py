"""The approver's view as the API answers it: the one view of every channel, as fields and as text."""

from httpapi.fields import Output, Timestamp, view
from mailcore.channels.notice import view_lines
from mailcore.channels.view import ApproverView
from mailcore.outbound.risk import Risk


class ViewText(Output):
    """A readable part."""

    content_type: str
    text: str
    """What it says, secrets masked; HTML as text, with what it hides."""
    more_chars: int
    """How much of it is not shown."""


class ViewLink(Output):
    """A place it can take the reader to, or loads from."""

    url: str
    label: str
    """What stands there to read; empty for a bare address."""
    is_misleading: bool
    """The label names another host."""


class ViewFile(Output):
    """A file in it."""

    filename: str
    content_type: str
    """What it claims to be."""
    kind: str
    """What it is, by its octets."""
    size_bytes: int
    head: str
    """The beginning of its text, secrets masked; empty when it is none."""
    more_chars: int
    is_disguised: bool
    """What it is does not go with what it claims."""


class ViewFinding(Output):
    """What the guard found."""

    rule: str
    severity: str
    place: str
    message: str
    masked: str
    """The match with its middle hidden."""


class ViewCaution(Output):
    """Something not to overlook."""

    kind: str
    """`answers_elsewhere`, `only_named`, `forms_differ`, `hidden_text`, `misleading_link`,
    `disguised_file`, `not_all_shown`, `new_recipients`, `stale` or `restored`."""
    message: str


class ViewEarlier(Output):
    """The newest message that came into the thread before it."""

    sender: str
    at: Timestamp
    preview: str


class ViewNovelty(Output):
    """What is new against the thread."""

    is_first: bool
    """Nothing in the thread came before it."""
    answers: ViewEarlier | None
    new_recipients: list[str]
    """They have not been in the thread so far."""
    written: str
    """The text without what it quotes."""
    is_stale: bool
    """Something came into the thread after it was written."""


class ViewEdited(Output):
    """How a person changed it last."""

    by: str
    at: Timestamp
    reason: str
    changes: str
    """Lines that begin with `-`, `+` or neither; secrets masked."""


class ApproverViewInfo(Output):
    """A held message as every channel shows it to those who decide."""

    risk: Risk
    sender: str
    answers_to: list[str]
    """Where replies go, if that is not the sender."""
    to: list[str]
    cc: list[str]
    bcc: list[str]
    """It goes to them, and no other recipient sees that."""
    only_named: list[str]
    """It names them, but does not go to them."""
    subject: str
    rationale: str
    """Why the author wrote it."""
    texts: list[ViewText]
    links: list[ViewLink]
    files: list[ViewFile]
    inside: list[str]
    """Subjects of the messages inside."""
    findings: list[ViewFinding]
    cautions: list[ViewCaution]
    novelty: ViewNovelty | None
    """Null when it belongs to no thread."""
    edited: ViewEdited | None
    """Null when it is as its author wrote it."""
    rendered: str
    """All of it as text, as notices have it."""


def approver_view_info(seen: ApproverView) -> ApproverViewInfo:
    """The view as the API shows it."""
    inner, novelty = seen.contents, seen.novelty
    return view(
        ApproverViewInfo,
        seen,
        answers_to=list(seen.answers_to),
        to=list(seen.to),
        cc=list(seen.cc),
        bcc=list(seen.bcc),
        only_named=list(seen.only_named),
        texts=[view(ViewText, one) for one in inner.texts],
        links=[view(ViewLink, one) for one in inner.links],
        files=[view(ViewFile, one) for one in inner.files],
        inside=list(inner.inside),
        findings=[view(ViewFinding, one) for one in seen.findings],
        cautions=[view(ViewCaution, one) for one in seen.cautions],
        novelty=view(
            ViewNovelty,
            novelty,
            answers=view(ViewEarlier, novelty.answers) if novelty.answers else None,
            new_recipients=list(novelty.new_recipients),
        )
        if novelty
        else None,
        edited=view(ViewEdited, seen.edited) if seen.edited else None,
        rendered="\n".join(view_lines(seen)) + "\n",
    )
