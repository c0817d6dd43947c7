"""How much processor time work takes, on a machine that has other work too."""

import time
from collections.abc import Callable

_TRIES = 3


def effort(act: Callable[[], object]) -> float:
    """Seconds of the processor that one run takes."""
    began = time.process_time()
    act()
    return time.process_time() - began


def takes_at_most(seconds: float, act: Callable[[], object]) -> bool:
    """Whether one of three runs takes no longer; the others may have been disturbed."""
    return any(effort(act) <= seconds for _ in range(_TRIES))


def grows_no_faster_than(
    factor: float, small: Callable[[], object], large: Callable[[], object], *, at_least: float
) -> bool:
    """Whether the large work takes at most `factor` times the small one, which counts as `at_least`."""
    least = max(min(effort(small) for _ in range(2)), at_least)
    return takes_at_most(least * factor, large)
