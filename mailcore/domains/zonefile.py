"""Records as a master file (RFC 1035 §5), to be imported where the zone is kept."""

from collections.abc import Iterable
from typing import Final

from mailcore.domains.records import DnsRecord

TTL_SECONDS: Final = 3600


def zone_file(origin: str, records: Iterable[DnsRecord]) -> str:
    """The records below `origin`, every name and value absolute, a reason above each."""
    lines = [f"$ORIGIN {origin}.", f"$TTL {TTL_SECONDS}"]
    for one in records:
        value = " ".join(map(_quoted, one.strings)) if one.type == "TXT" else one.value
        lines += [f"; {one.why}", f"{one.name}. IN {one.type} {value}"]
    return "\n".join([*lines, ""])


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
