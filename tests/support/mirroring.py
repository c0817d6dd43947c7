"""A mirror on a store, and what the tree shows then."""

from collections.abc import Callable
from pathlib import Path

from mailcore.clock import SystemClock
from mailcore.journal import Journal
from mailcore.metrics import Metrics
from mailcore.mirror import IsShown, Mirror
from mailcore.store.ports import Stores


def mirror(
    stores: Stores,
    *,
    is_shown: IsShown = lambda _mailbox, _seq: False,
    failpoint: Callable[[str], None] | None = None,
) -> Mirror:
    """A mirror that is driven by `drain`."""
    return Mirror(
        store=stores.mirror,
        files=stores.files,
        journal=Journal(store=stores.journal, wakeups=stores.wakeups),
        is_shown=is_shown,
        metrics=Metrics(),
        clock=SystemClock(),
        failpoint=failpoint,
    )


def tree(data_dir: Path, inbox_id: str) -> dict[str, list[str]]:
    """The letters of the files in each folder of an inbox, by directory name; INBOX is empty."""
    root = data_dir / "mail" / inbox_id
    folders = [root, *(one for one in root.iterdir() if one.name.startswith("."))]
    return {
        folder.name if folder != root else "": sorted(
            one.name.partition(":2,")[2] for one in (folder / "cur").iterdir()
        )
        for folder in folders
    }
