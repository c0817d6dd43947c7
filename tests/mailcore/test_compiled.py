"""Compiled rules are kept between starts, and never believed without their digest."""

from pathlib import Path

from guard.matching import PatternSet
from mailcore.compiled import CompiledFiles

PATTERNS = ["sk_live_[0-9a-z]{8,}", "hunter[0-9]"]
TEXT = b"the key is sk_live_0123456789abcdef"


def test_the_second_start_compiles_nothing(tmp_path: Path) -> None:
    """What was kept finds the same."""
    cache = CompiledFiles(tmp_path / "cache")
    assert PatternSet(PATTERNS, cache).occurring(TEXT) == [0]
    (kept,) = (tmp_path / "cache").iterdir()
    assert kept.stat().st_mode & 0o077 == 0
    written = kept.stat().st_mtime_ns
    assert PatternSet(PATTERNS, cache).occurring(TEXT) == [0]
    assert kept.stat().st_mtime_ns == written


def test_other_patterns_are_compiled_anew(tmp_path: Path) -> None:
    """A release with other rules never uses the old ones."""
    cache = CompiledFiles(tmp_path)
    PatternSet(PATTERNS, cache)
    assert PatternSet([*PATTERNS, "the key"], cache).occurring(TEXT) == [0, 2]


def test_a_damaged_file_is_compiled_again(tmp_path: Path) -> None:
    """Cut, changed or replaced by something else that has a right digest."""
    cache = CompiledFiles(tmp_path)
    PatternSet(PATTERNS, cache)
    (kept,) = tmp_path.iterdir()
    whole = kept.read_bytes()
    for damaged in (b"", whole[:100], whole[:-1] + b"\0", whole[:40] + b"\xff" * 50 + whole[90:]):
        kept.write_bytes(damaged)
        assert PatternSet(PATTERNS, cache).occurring(TEXT) == [0]
        assert kept.read_bytes() == whole
    cache.put(kept.stem, b"\nno database")
    assert PatternSet(PATTERNS, cache).occurring(TEXT) == [0]


def test_a_directory_that_cannot_be_written_only_costs_time(tmp_path: Path) -> None:
    """The guard is built all the same."""
    (tmp_path / "file").write_bytes(b"")
    cache = CompiledFiles(tmp_path / "file" / "cache")
    assert PatternSet(PATTERNS, cache).occurring(TEXT) == [0]


def test_old_releases_leave_a_bounded_number_of_files(tmp_path: Path) -> None:
    """The newest stay."""
    cache = CompiledFiles(tmp_path)
    for number in range(140):
        cache.put(f"{number:040}", b"x")
    assert len([*tmp_path.iterdir()]) <= 128
    assert cache.get(f"{139:040}") == b"x"


def test_patterns_the_library_refuses_are_remembered_too(tmp_path: Path) -> None:
    """RE2 alone looks for them, also after a start from the cache."""
    cache = CompiledFiles(tmp_path)
    refused = r"\bkey\b"
    for _ in range(2):
        assert PatternSet([*PATTERNS, refused], cache).occurring(TEXT) == [0, 2]
