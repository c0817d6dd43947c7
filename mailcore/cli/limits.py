"""What the operating system lets one process have."""

import resource
from typing import Final

_ENOUGH: Final = 1 << 20


def raise_file_limit() -> int:
    """Allow as many open files as an unprivileged process may ask for; how many that is now.

    Distributions start programs with 1,024, which is fewer than `imap.max_connections`.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _ENOUGH if hard == resource.RLIM_INFINITY else min(hard, _ENOUGH)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        return wanted
    return soft
