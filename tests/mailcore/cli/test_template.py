"""The configuration file that `init` writes."""

import tomllib
from pathlib import Path

import pytest

from mailcore.cli.template import configuration_file, literal
from mailcore.config import known_keys, parse

CHOSEN: dict[str, object] = {
    "server": {
        "domain": "example.org",
        "hostname": "mail.example.org",
        "owner": "you@example.net",
        "data_dir": '/srv/with "quotes" and ünïcode',
        "listen": ["127.0.0.1"],
    },
    "ports": {"offset": 20000},
}


def test_it_reads_back_as_what_was_chosen() -> None:
    tree = tomllib.loads(configuration_file(CHOSEN))
    config = parse(tree, {}, base_dir=Path("/"))
    assert config.server.listen == ("127.0.0.1",)
    assert str(config.server.data_dir) == '/srv/with "quotes" and ünïcode'
    assert config.ports.actual("smtp") == 20025


def test_every_key_stands_in_it() -> None:
    text = configuration_file(CHOSEN)
    names = [key.partition(".")[2] for key in known_keys()]
    assert [
        name for name in names if f"\n{name} =" not in text and f"\n# {name} =" not in text
    ] == []


def test_the_commented_defaults_are_valid() -> None:
    """Taking away the comment signs of keys with a default changes nothing."""
    text = configuration_file(CHOSEN)
    keys = {key.partition(".")[2] for key in known_keys()}
    lines = []
    for line in text.splitlines():
        bare = line.removeprefix("# ")
        name, equals, value = bare.partition(" = ")
        is_default = line.startswith("# ") and name in keys and equals and value
        lines.append(bare if is_default else line)
    open_text = "\n".join(lines)
    assert parse(tomllib.loads(open_text), {}, base_dir=Path("/")) == parse(
        tomllib.loads(text), {}, base_dir=Path("/")
    )


@pytest.mark.parametrize("value", [True, 5, 1.5, 'a\nb\\c"d', ["x", "y"], []])
def test_literals_read_back(value: object) -> None:
    assert tomllib.loads(f"x = {literal(value)}")["x"] == value
