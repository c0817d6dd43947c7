"""Files that commands are given."""

import json
from pathlib import Path

from mailcore.cli.failure import WrongUse
from mailcore.model import JsonValue


def read_json(path: Path) -> JsonValue:
    """The JSON document in a file; `WrongUse` when there is none."""
    try:
        document: JsonValue = json.loads(path.read_bytes())
    except OSError as error:
        raise WrongUse(f"cannot read {path}: {error.strerror}", fix="Check the path") from error
    except ValueError as error:
        raise WrongUse(f"{path} is no JSON: {error}", fix="Write one JSON object") from error
    return document
