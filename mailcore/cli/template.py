"""The configuration file that `init` writes: chosen values first, every other key as a comment.

Made from the configuration's own models, so that no key can be missing from it.
"""

import json
from pathlib import Path

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from mailcore.config import Config


def configuration_file(chosen: dict[str, object]) -> str:
    """TOML with `chosen` (sections of keys) set and the rest commented out at its default."""
    lines = [
        "# Countersign configuration. Each key can also be set as COUNTERSIGN_SECTION__KEY.",
        "# Keys that are commented out show their default; nothing after `=` means unset.",
    ]
    for name, section in Config.model_fields.items():
        model = section.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            values = chosen.get(name)
            lines += ["", f"[{name}]", *_section(model, values if isinstance(values, dict) else {})]
    return "\n".join(lines) + "\n"


def _section(model: type[BaseModel], chosen: dict[str, object]) -> list[str]:
    lines: list[str] = []
    for key, info in model.model_fields.items():
        lines.append(f"# {info.description}")
        if key in chosen:
            lines.append(f"{key} = {literal(chosen[key])}")
        else:
            lines.append(f"# {key} = {_default(info)}".rstrip())
    return lines


def _default(info: FieldInfo) -> str:
    default = info.get_default(call_default_factory=False)
    return "" if default is None else literal(default)


def literal(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(literal(one) for one in value) + "]"
    if isinstance(value, Path):
        return literal(str(value))
    return json.dumps(str(value), ensure_ascii=True)
