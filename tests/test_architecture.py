"""Checks of the cut that import contracts cannot express."""

import ast
import re
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("mailcore", "smtpd", "imapd", "httpapi", "guard")
SOURCES = sorted(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))

# Each protocol library belongs to one wrapper. The fake outside world speaks them itself.
WRAPPERS = {
    "dkim": {"mailcore/mailauth/dkim.py"},
    "authres": {"mailcore/mailauth/results.py"},
    "mailparser": {"mailcore/message/parse.py"},
    "aiosmtpd": {"smtpd/protocol.py", "mailcore/demo/sink.py"},
    "aiosqlite": {"mailcore/store/sqlite/db.py"},
    "dns": {"mailcore/net/dns.py", "mailcore/demo/zone.py"},
    "mcp": {"httpapi/mcp/protocol.py"},
    "pypdfium2": {"guard/extract.py"},
    "python_calamine": {"guard/extract.py"},
}
DISTRIBUTIONS = {
    "argon2": "argon2-cffi",
    "dkim": "dkimpy",
    "dns": "dnspython",
    "mailparser": "mail-parser",
    "python_calamine": "python-calamine",
    "prometheus_client": "prometheus-client",
    "re2": "google-re2",
    "uuid_utils": "uuid-utils",
}
FORBIDDEN_NAMES = {"utils", "helpers", "common", "base", "misc", "manager", "types"}
NOT_PRODUCT_WORDS = re.compile(r"/root/", re.IGNORECASE)


def imported(path: Path) -> set[str]:
    """The top-level names a file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.add(node.module.partition(".")[0])
    return found


IMPORTS = {path.relative_to(ROOT).as_posix(): imported(path) for path in SOURCES}


def declared() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return {re.split(r"[\[<>=!~ ]", one)[0].lower() for one in project["dependencies"]}


@pytest.mark.parametrize("library", WRAPPERS)
def test_a_protocol_library_is_imported_by_its_wrapper_only(library: str) -> None:
    importers = {path for path, names in IMPORTS.items() if library in names}
    assert importers <= WRAPPERS[library]


def test_every_import_is_a_declared_dependency() -> None:
    foreign = {
        (DISTRIBUTIONS.get(name, name).lower(), path)
        for path, names in IMPORTS.items()
        for name in names
        if name not in sys.stdlib_module_names and name not in PACKAGES
    }
    missing = {(name, path) for name, path in foreign if name not in declared()}
    assert not missing


def test_every_declared_dependency_is_imported() -> None:
    used = {DISTRIBUTIONS.get(name, name).lower() for names in IMPORTS.values() for name in names}
    assert declared() - used == set()


def test_no_file_has_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if path.stem in FORBIDDEN_NAMES] == []


def test_every_module_says_what_it_is() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if path.read_text("utf-8").strip()
        and ast.get_docstring(ast.parse(path.read_text("utf-8"))) is None
    ]
    assert silent == []


def test_production_code_never_asserts() -> None:
    asserting = [
        path.relative_to(ROOT).as_posix()
        for path in SOURCES
        if any(isinstance(node, ast.Assert) for node in ast.walk(ast.parse(path.read_text())))
    ]
    assert asserting == []


def test_nothing_names_the_machine_it_was_written_on() -> None:
    texts = [*SOURCES, *(ROOT / "docs").rglob("*.md"), ROOT / "README.md"]
    assert [path.name for path in texts if NOT_PRODUCT_WORDS.search(path.read_text())] == []


def test_the_tests_mirror_the_packages() -> None:
    odd = [path.relative_to(ROOT).as_posix() for path in (ROOT / "tests").rglob("__init__.py")]
    assert odd == []
