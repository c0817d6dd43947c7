"""Thread keys and base subjects."""

from dataclasses import replace

import pytest

from mailcore.message.analyze import analyze
from mailcore.message.threads import MAX_KEYS, base_subject, thread_keys
from tests.support import mail_samples


def test_keys_are_the_own_id_the_parent_and_the_references() -> None:
    """RFC 5322 §3.6.4; each once."""
    facts = analyze(mail_samples.plain(extra="In-Reply-To: <b@x>\nReferences: <a@x> <b@x>\n"))
    assert thread_keys(facts) == ("one@example.org", "b@x", "a@x")


def test_keys_are_bounded_and_the_newest_are_kept() -> None:
    """The oldest references are dropped."""
    facts = replace(
        analyze(mail_samples.plain()), references=tuple(f"{number}@x" for number in range(100))
    )
    keys = thread_keys(facts)
    assert len(keys) == MAX_KEYS
    assert keys[1] == "99@x"


def test_a_message_without_ids_has_no_keys() -> None:
    """It starts a thread of its own."""
    assert thread_keys(analyze(b"Subject: x\r\n\r\n")) == ()


@pytest.mark.parametrize(
    ("subject", "base"),
    [
        ("Re: Lunch", "Lunch"),
        ("RE: Fwd: re[3]: Lunch  today (fwd)", "Lunch today"),
        ("[list] Re: [list] Lunch", "Lunch"),
        ("[Fwd: Re: Lunch]", "Lunch"),
        ("AW: WG: Essen", "Essen"),
        ("回复：会议", "会议"),
        ("[only a tag]", "[only a tag]"),
        ("Re:", ""),
        ("Report: done", "Report: done"),
        ("", ""),
    ],
)
def test_the_base_subject_is_found(subject: str, base: str) -> None:
    """RFC 5256 §2.1."""
    assert base_subject(subject) == base


@pytest.mark.timeout(10)
@pytest.mark.parametrize("unit", ["re:", "[", "[a]", "(fwd)", "[fwd:", "]", "re[", " "])
def test_hostile_subjects_end(unit: str) -> None:
    """Linear for any repetition."""
    assert isinstance(base_subject(unit * 50_000), str)
