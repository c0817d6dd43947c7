"""Another scanner over the same messages, where it is installed, so that figures stand side by side.

`detect-secrets` scans files: it gets one with the header and every text of a message, decoded, which
is more than it would see of the message as it is stored.
"""

import importlib
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from mailcore.errors import ErrorKind, MailError
from mailcore.message.headers import Headers
from mailcore.message.parse import leaves


def detect_secrets(folder: Path) -> Callable[[bytes], bool]:
    """Whether it finds anything in a message; UNAVAILABLE when it is not installed."""
    try:
        scan = importlib.import_module("detect_secrets.core.scan")
        settings = importlib.import_module("detect_secrets.settings")
    except ImportError as error:
        raise _missing() from error
    path = folder / "message.txt"

    def is_found(raw: bytes) -> bool:
        path.write_text(_text(raw), encoding="utf-8", errors="replace")
        with settings.default_settings():
            return next(iter(scan.scan_file(str(path))), None) is not None

    return is_found


def with_folder[T](act: Callable[[Path], T]) -> T:
    """Run `act` with a folder that is gone afterwards."""
    with TemporaryDirectory() as folder:
        return act(Path(folder))


def _text(raw: bytes) -> str:
    fields = [f"{name.decode('ascii', 'replace')}: {value.decode('utf-8', 'replace')}"
              for name, value in Headers.read(raw).fields]  # fmt: skip
    texts = [
        leaf.payload.decode("utf-8", "replace") if leaf.text is None else leaf.text
        for leaf in leaves(raw)
    ]
    return "\n".join([*fields, "", *texts])


def _missing() -> MailError:
    return MailError(
        ErrorKind.UNAVAILABLE,
        "detect-secrets is not installed",
        fix="Install it into the environment that countersign runs in",
    )
