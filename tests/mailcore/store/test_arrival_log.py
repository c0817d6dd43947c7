"""The log of arrivals gives back what it confirmed, in order, and nothing that it did not confirm."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from mailcore.errors import ErrorKind, MailError
from mailcore.store.arrival_log import TURN_OCTETS, ArrivalLog
from mailcore.store.ports import LogPlace
from tests.support.clock import FakeClock

FIRST, SECOND = "arrivals-0.log", "arrivals-1.log"
NOTHING = LogPlace(0, 0)


@pytest.fixture
async def arrivals(tmp_path: Path) -> AsyncIterator[ArrivalLog]:
    opened = ArrivalLog(tmp_path, FakeClock())
    yield opened
    opened.close()


def again(folder: Path) -> list[bytes]:
    """What the next process finds."""
    return [one.record for one in ArrivalLog(folder, FakeClock()).read()]


async def turned(arrivals: ArrivalLog) -> LogPlace:
    """The last record of a log that filled a file, went on in the other, and ended."""
    for _ in range(2):
        await arrivals.append(bytes(TURN_OCTETS // 2))
    last = await arrivals.append(b"in the other")
    arrivals.close()
    return last


async def test_what_was_confirmed_is_found_again_in_its_order(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    await arrivals.append(b"one")
    async with asyncio.TaskGroup() as tasks:
        for number in range(20):
            tasks.create_task(arrivals.append(b"%d" % number))

    assert again(tmp_path) == [b"one", *(b"%d" % number for number in range(20))]


async def test_places_grow_with_the_order(arrivals: ArrivalLog) -> None:
    places = [await arrivals.append(b"x" * size) for size in (1, 0, 5000)]

    assert places == sorted(places)
    assert len(set(places)) == 3


async def test_only_its_owner_may_read_it(arrivals: ArrivalLog, tmp_path: Path) -> None:
    await arrivals.append(b"private")

    assert (tmp_path / FIRST).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("lost", [1, 3, 20])
async def test_a_record_that_is_not_whole_ends_it(
    arrivals: ArrivalLog, tmp_path: Path, lost: int
) -> None:
    await arrivals.append(b"whole")
    end = (await arrivals.append(b"the last one, torn")).end
    arrivals.close()

    with (tmp_path / FIRST).open("r+b") as file:
        file.truncate(end - lost)

    assert again(tmp_path) == [b"whole"]


async def test_a_changed_octet_ends_it(arrivals: ArrivalLog, tmp_path: Path) -> None:
    await arrivals.append(b"whole")
    end = (await arrivals.append(b"spoiled")).end
    await arrivals.append(b"behind it")
    arrivals.close()

    with (tmp_path / FIRST).open("r+b") as file:
        file.seek(end - 1)
        file.write(b"D")

    assert again(tmp_path) == [b"whole"]


async def test_what_stood_behind_a_torn_record_never_counts_again(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    """The third was whole on the disk, but the second before it was not: nobody was answered."""
    await arrivals.append(b"first")
    torn = await arrivals.append(b"second")
    await arrivals.append(b"third.")
    arrivals.close()
    with (tmp_path / FIRST).open("r+b") as file:
        file.seek(torn.end - 1)
        file.write(b"?")
    after = ArrivalLog(tmp_path, FakeClock())
    assert [one.record for one in after.read()] == [b"first"]

    await after.append(b"SECOND")  # exactly where the torn one was
    after.close()

    assert again(tmp_path) == [b"first", b"SECOND"]


async def test_a_file_begins_anew_when_all_of_it_is_placed(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    last = await arrivals.append(bytes(2 << 20))
    arrivals.release(last)

    later = await arrivals.append(b"later")

    assert later.epoch > last.epoch
    assert later.end < last.end
    assert again(tmp_path) == [b"later"]


async def test_it_goes_on_behind_what_is_not_placed(arrivals: ArrivalLog, tmp_path: Path) -> None:
    arrivals.release(await arrivals.append(b"placed"))
    await arrivals.append(bytes(2 << 20))
    await arrivals.append(b"later")

    assert again(tmp_path) == [b"placed", bytes(2 << 20), b"later"]


async def test_a_full_file_gives_way_to_the_other_and_both_are_read(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    large = bytes(TURN_OCTETS // 2)
    for _ in range(2):
        await arrivals.append(large)
    await arrivals.append(b"in the other")

    assert (tmp_path / SECOND).exists()
    assert again(tmp_path) == [large, large, b"in the other"]


async def test_after_a_start_it_goes_on_above_all_that_was_placed(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    """Both files have records, all of them placed: what is new must not seem to be older than they."""
    last = await turned(arrivals)
    after = ArrivalLog(tmp_path, FakeClock())
    after.read()
    after.release(last)

    assert await after.append(b"new") > last

    after.close()
    assert again(tmp_path)[-1] == b"new"


async def test_after_a_start_it_goes_on_behind_what_is_not_placed(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    last = await turned(arrivals)
    after = ArrivalLog(tmp_path, FakeClock())
    after.read()

    assert await after.append(b"new") > last

    after.close()
    assert again(tmp_path)[-2:] == [b"in the other", b"new"]


async def test_numbers_go_on_where_a_lost_clock_would_repeat_them(tmp_path: Path) -> None:
    """A database knows more than the files do: epochs are larger than all that it has seen."""
    known = LogPlace(2**60, 500)
    opened = ArrivalLog(tmp_path, FakeClock())
    opened.release(known)

    assert await opened.append(b"new") > known
    opened.close()


async def test_it_keeps_no_octets_of_what_is_placed(arrivals: ArrivalLog, tmp_path: Path) -> None:
    arrivals.release(await arrivals.append(b"a private letter"))

    await arrivals.empty()

    assert (tmp_path / FIRST).read_bytes() == b""
    await arrivals.append(b"goes on")
    assert again(tmp_path) == [b"goes on"]


async def test_it_forgets_nothing_that_is_not_placed(arrivals: ArrivalLog, tmp_path: Path) -> None:
    await arrivals.append(b"not yet")

    await arrivals.empty()

    assert again(tmp_path) == [b"not yet"]


async def test_a_full_disk_is_told_and_leaves_no_record(tmp_path: Path) -> None:
    """`/dev/full` answers as a file system without room does."""
    (tmp_path / FIRST).symlink_to("/dev/full")
    opened = ArrivalLog(tmp_path, FakeClock())

    with pytest.raises(MailError) as refused:
        await opened.append(b"no room")

    assert refused.value.code == "disk_full"
    opened.close()


async def test_a_folder_that_is_gone_is_told(tmp_path: Path) -> None:
    opened = ArrivalLog(tmp_path / "gone", FakeClock())

    with pytest.raises(MailError) as refused:
        await opened.append(b"nowhere")

    assert refused.value.kind is ErrorKind.UNAVAILABLE
    opened.close()


async def test_what_cannot_be_placed_is_kept_in_a_file(
    arrivals: ArrivalLog, tmp_path: Path
) -> None:
    path = arrivals.set_aside(LogPlace(7, 9), b"a letter")

    assert path.parent == tmp_path
    assert path.read_bytes() == b"a letter"
    assert path.stat().st_mode & 0o777 == 0o600
