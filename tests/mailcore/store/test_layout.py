"""Names of directories and files."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mailcore.errors import ErrorKind, MailError
from mailcore.ids import InboxId
from mailcore.model import Flag
from mailcore.store.layout import (
    file_path,
    flag_letters,
    folder_directory,
    folder_path,
    is_ours,
    keyword_letters,
    mailbox_name,
    parse_letters,
    with_keywords,
)

LEVEL = st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="/\0"), min_size=1, max_size=9
)


@pytest.mark.parametrize(
    ("name", "directory"),
    [
        ("INBOX", ""),
        ("Sent", ".Sent"),
        ("Projects/2026", ".Projects.2026"),
        ("a.b", ".a&AC4-b"),
        ("..", ".&AC4ALg-"),
        ("R&D", ".R&-D"),
        ("Gelöscht", ".Gel&APY-scht"),
        ("😀", ".&2D3eAA-"),
        ("cur", ".cur"),
        ("台北", ".&U,BTFw-"),
    ],
)
def test_folder_names_are_encoded_and_read_back(name: str, directory: str) -> None:
    """RFC 3501 §5.1.3 with `.` encoded too; a name is never a path."""
    assert folder_directory(name) == directory
    assert mailbox_name(directory) == name


@given(st.lists(LEVEL, min_size=1, max_size=3).map("/".join))
def test_every_name_survives_the_round_trip(name: str) -> None:
    """Or it is refused, never mistaken for another."""
    try:
        directory = folder_directory(name)
    except MailError:
        return
    assert mailbox_name(directory) == name
    assert "/" not in directory


@pytest.mark.parametrize("directory", [".a..b", ".&", ".&AA", ".&!!!-", ".&AC4-x.é"])
def test_a_directory_that_is_no_mailbox_is_none(directory: str) -> None:
    """What others made in the tree is passed over."""
    assert mailbox_name(directory) in (None, directory[1:].replace(".", "/"))


@pytest.mark.parametrize("name", ["x" * 256, "ö" * 100, "/".join(["level"] * 60), "a//b", ""])
def test_folder_names_that_fit_no_directory_are_refused(name: str) -> None:
    """Over 255 octets, or with an empty level."""
    with pytest.raises(MailError) as caught:
        folder_directory(name)
    assert caught.value.kind is ErrorKind.INVALID


def test_an_inbox_that_is_no_id_has_no_path() -> None:
    """The directory is never a user's text."""
    with pytest.raises(MailError):
        folder_path(InboxId("../other"), "")


def test_letters_are_the_customary_ones_in_order() -> None:
    """D F R S T, then keywords by the folder's list, in any case."""
    flags = Flag.SEEN | Flag.DRAFT | Flag.DELETED | Flag.ANSWERED | Flag.FLAGGED
    known = ("work", "$Junk")
    letters = flag_letters(flags) + keyword_letters(["$JUNK", "work", "other"], known)
    assert letters == "DFRSTab"
    name = file_path("mail/x", "1.M000001P2R01234567Q1.host,S=5", letters)
    assert parse_letters(name, known) == (flags, ("work", "$Junk"))
    assert is_ours(name.rpartition("/")[2])


def test_a_folder_names_twenty_six_keywords() -> None:
    """More of them live in the index."""
    known = with_keywords((), [f"k{number}" for number in range(30)])
    assert len(known) == 26
    assert with_keywords(known, ["K3", "new"]) == known
    assert keyword_letters(["k25", "k26"], known) == "z"
