"""Certificates of the running server: which one counts after a reload, and a word when it ends."""

from datetime import UTC, datetime
from pathlib import Path

from structlog.testing import capture_logs

from mailcore.app.server import App
from mailcore.config import Config, parse
from mailcore.net.tls import self_signed
from tests.support.clock import FakeClock


def config(folder: Path, **tls: object) -> Config:
    server = {
        "domain": "example.org",
        "hostname": "mail.example.org",
        "owner": "ana@example.net",
        "data_dir": str(folder),
        "listen": ["127.0.0.1"],
    }
    return parse({"server": server, "tls": tls}, {}, base_dir=folder)


def test_a_certificate_taken_at_a_reload_stays(tmp_path: Path) -> None:
    """What is read again later is that one, not the one the server began with."""
    cert, key = self_signed("mail.example.org", [], tmp_path / "other")
    app = App(config(tmp_path))
    app.reload(config(tmp_path, cert=str(cert), key=str(key)))
    assert (app.config.tls.cert, app.ca_file) == (cert, None)
    app.reload(app.config)
    assert app.config.tls.cert == cert


def test_an_expired_certificate_is_told(tmp_path: Path) -> None:
    """The server goes on with it: mail hosts mind less than programs of people do."""
    long_ago = FakeClock(datetime(2019, 1, 1, tzinfo=UTC))
    cert, key = self_signed("mail.example.org", [], tmp_path / "old", clock=long_ago)
    fresh, fresh_key = self_signed("mail.example.org", [], tmp_path / "new")
    app = App(config(tmp_path))
    with capture_logs() as logged:
        app.reload(config(tmp_path, cert=str(fresh), key=str(fresh_key)))
        assert logged == []
        app.reload(config(tmp_path, cert=str(cert), key=str(key)))
    assert [(one["event"], one["certificate"]) for one in logged] == [("tls.expires", str(cert))]
