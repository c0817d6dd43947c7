"""Our own reading of whole messages against that of mail-parser."""

import mailparser
import pytest

from mailcore.message.analyze import analyze
from mailcore.message.parse import leaves
from tests.support import mail_samples

CORPUS = {
    "plain": mail_samples.plain(),
    "utf8": mail_samples.utf8_8bit(),
    "alternative": mail_samples.alternative(text="plain ü\n", html="<p>ü</p>\n"),
    "attachment": mail_samples.with_attachment(content=bytes(range(256))),
    "latin": mail_samples.with_attachment(
        content=b"=FC=3D\n",
        content_type="text/plain; charset=iso-8859-1",
        encoding="quoted-printable",
    ),
    "no-subject": mail_samples.no_subject(),
}


@pytest.mark.parametrize("name", CORPUS)
def test_both_read_the_same_message(name: str) -> None:
    """Subject, sender, texts and the names of files agree."""
    raw = CORPUS[name]
    theirs = mailparser.parse_from_bytes(raw)
    ours = leaves(raw)
    facts = analyze(raw)
    assert facts.subject == (theirs.subject or "")
    assert facts.sender is not None
    assert (facts.sender.name, facts.sender.address) == theirs.from_[0]
    bodies = [leaf for leaf in ours if not leaf.is_attachment]
    texts = [(leaf.text or "").replace("\r\n", "\n").strip() for leaf in bodies]
    their_texts = [
        text.replace("\r\n", "\n").strip() for text in (*theirs.text_plain, *theirs.text_html)
    ]
    assert texts == their_texts
    files = [leaf.filename for leaf in ours if leaf.is_attachment]
    assert files == [file["filename"] for file in theirs.attachments]
