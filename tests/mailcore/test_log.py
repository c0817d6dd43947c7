"""Logs: one JSON line per event, whatever is in it, and never a secret."""

import json
import subprocess
import sys

CHILD = """
from mailcore import log
log.configure()
logger = log.get("child")
logger.info("mail.sent", helo="x\\ud800", password="open sesame", note="cs_agent_" + "a" * 40)
logger.debug("not.shown")
"""


def test_a_line_is_written_whatever_it_holds_and_secrets_are_masked() -> None:
    """A stranger's text never breaks a log line; keys and passwords never reach one."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD], capture_output=True, check=True, timeout=60
    )
    (line,) = done.stderr.splitlines()
    event = json.loads(line)
    assert event["event"] == "mail.sent"
    assert event["helo"] == "x\ud800"
    assert event["password"] == "***"
    assert event["note"] == "cs_***"
