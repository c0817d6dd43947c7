"""Every command against a running server, over its unix socket and over HTTP."""

import json
from pathlib import Path
from typing import Any

from tests.support.process import Server, run

SECRET = "the database password is hunter2-Xk9!"


def held(server: Server, subject: str) -> dict[str, Any]:
    sent = server.json(
        "send", "--from", "mia@example.org", "--to", "owner@example.org",
        "--subject", subject, "--text", SECRET,
    )  # fmt: skip
    assert sent["status"] == "held"
    return sent


def test_agent_create_prints_the_document_of_the_contract(server: Server) -> None:
    made = server.json("agent", "create", "Bob.B", "--role", "sales", "--owner-name", "Ann")
    assert {"id", "name", "role", "email", "api_key", "inbox"} <= set(made)
    assert set(made["inbox"]) == {"id", "address", "username", "password"}
    assert made["email"] == "bob.b@example.org"
    assert made["api_key"].startswith("cs_agent_")


def test_a_taken_name_is_a_failed_operation(server: Server) -> None:
    done = server.cli("agent", "create", "mia")
    assert done.returncode == 1
    assert done.stderr == ("countersign: an agent named mia exists. Choose another name\n")


def test_a_wrong_name_is_wrong_use(server: Server) -> None:
    done = server.cli("agent", "create", "two words")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_agents_are_listed_shown_stopped_resumed_and_deleted(server: Server) -> None:
    server.json("agent", "create", "temp", "--metadata", '{"team": 7}')
    assert "temp" in {one["name"] for one in server.json("agent", "list")["data"]}
    assert server.json("agent", "show", "temp")["metadata"] == {"team": 7}
    assert server.json("agent", "stop", "temp", "--reason", "test")["status"] == "stopped"
    assert server.json("agent", "resume", "temp")["status"] == "active"
    server.json("agent", "delete", "temp")
    assert server.cli("agent", "show", "temp").returncode == 1


def test_a_cleanup_says_who_would_go(server: Server) -> None:
    """Agents that were active just now stay; the hours are checked."""
    assert server.json("agent", "cleanup", "--dry-run") == {"data": [], "dry_run": True}
    assert server.cli("agent", "cleanup", "--dry-run").stdout == "none is inactive\n"
    assert server.cli("agent", "cleanup", "--hours", "0").returncode == 2


def test_an_inbox_is_made_listed_and_gets_a_new_password(server: Server) -> None:
    made = server.json("inbox", "create", "sales@example.org", "--agent", "mia")
    assert made["username"] == "sales@example.org"
    listed = {one["email"] for one in server.json("inbox", "list")["data"]}
    assert {"sales@example.org", "owner@example.org"} <= listed
    again = server.json("inbox", "password", "sales@example.org")
    assert again["password"] != made["password"]
    assert server.json("inbox", "show", "sales@example.org")["id"] == made["id"]


def test_a_key_is_made_used_over_http_and_revoked(server: Server) -> None:
    made = server.json("key", "create", "--role", "master", "--name", "second")
    remote = ["--url", server.made["http_url"], "--key", made["api_key"], "--json"]
    done = run("agent", "list", *remote)
    assert done.returncode == 0, done.stderr
    server.json("key", "revoke", made["id"])
    done = run("agent", "list", *remote)
    assert (done.returncode, "API key is not valid" in done.stderr) == (1, True)


def test_an_agent_key_over_the_socket_acts_as_the_agent(server: Server) -> None:
    made = server.json("key", "create", "--role", "agent", "--agent", "mia", "--name", "k")
    done = server.cli("agent", "create", "x", "--key", made["api_key"])
    assert (done.returncode, "master key" in done.stderr) == (1, True)


def test_a_domain_is_added_and_shows_its_records(server: Server) -> None:
    added = server.json("domain", "add", "second.example")
    assert added["status"] == "PENDING"
    records = server.json("domain", "records", "second.example")["data"]
    assert any(one["name"] == "cs1._domainkey.second.example" for one in records)
    assert len(server.json("domain", "list")["data"]) == 2


def test_a_domain_rotates_its_keys_prints_a_zone_file_and_goes(server: Server) -> None:
    server.json("domain", "add", "third.example")
    rotated = server.json("domain", "rotate-dkim", "third.example", "--force")
    names = [one["name"].partition(".")[0] for one in rotated["records"] if one["kind"] == "dkim"]
    assert names == ["cs1", "ed1", "cs2", "ed2"]
    shown = server.cli("domain", "rotate-dkim", "third.example")
    assert "cs3._domainkey.third.example [cs3._domainkey]  TXT" in shown.stdout
    zone = server.cli("domain", "records", "third.example", "--zone").stdout
    assert zone.startswith("$ORIGIN third.example.\n")
    assert server.json("domain", "remove", "third.example")["removed"] is True
    assert server.cli("domain", "records", "third.example").returncode == 1
    refused = server.cli("domain", "remove", "example.org")
    assert (refused.returncode, "server.domain" in refused.stderr) == (1, True)


def test_a_leak_is_held_and_approved_once(server: Server) -> None:
    sent = held(server, "approve me")
    hold = server.json("hold", "show", sent["hold_id"])
    assert hold["status"] == "pending"
    assert SECRET in hold["message"]["text"]
    assert all("hunter2" not in one["masked"] for one in hold["findings"])
    assert server.json("hold", "approve", sent["hold_id"])["changed"] is True
    assert server.json("hold", "approve", sent["hold_id"])["changed"] is False
    assert server.cli("hold", "reject", sent["hold_id"]).returncode == 1


def test_a_leak_is_held_and_rejected(server: Server) -> None:
    sent = held(server, "reject me")
    assert sent["hold_id"] in {one["id"] for one in server.json("hold", "list")["data"]}
    rejected = server.json("hold", "reject", sent["hold_id"], "--reason", "no secrets")
    assert (rejected["status"], rejected["decision_reason"]) == ("rejected", "no secrets")


def test_an_agent_cannot_approve_by_the_command_line(server: Server) -> None:
    sent = held(server, "mine")
    key = server.json("key", "create", "--role", "agent", "--agent", "mia", "--name", "k2")
    done = server.cli("hold", "approve", sent["hold_id"], "--key", key["api_key"])
    assert done.returncode == 1
    assert server.json("hold", "show", sent["hold_id"])["status"] == "pending"


def test_held_mail_is_in_the_queue_until_it_is_dropped(server: Server) -> None:
    sent = held(server, "drop me")
    rows = server.json("queue", "list")["data"]
    row = next(one for one in rows if one["message_id"] == sent["id"])
    assert (row["state"], row["recipient"]) == ("held", "owner@example.org")


def test_send_reads_the_text_from_stdin_and_files(server: Server, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    sent = server.json(
        "send", "--from", "mia@example.org", "--to", "owner@example.org", "--subject", "files",
        "--attach", tmp_path / "notes.txt", stdin="Grüße aus der Pfeife\n",
    )  # fmt: skip
    assert sent["status"] == "queued"


def test_a_missing_attachment_is_wrong_use(server: Server) -> None:
    done = server.cli(
        "send", "--from", "mia@example.org", "--to", "o@example.org", "--text", "x",
        "--attach", "/nonexistent/file",
    )  # fmt: skip
    assert done.returncode == 2


def test_a_template_is_made_shown_and_sent(server: Server, tmp_path: Path) -> None:
    (tmp_path / "text.txt").write_text("It comes on {{ day }}.")
    made = server.json(
        "template", "create", "Delivery", "--inbox", "mia@example.org",
        "--subject", "Order {{ order }}", "--text", tmp_path / "text.txt",
    )  # fmt: skip
    assert made["variables"] == ["order", "day"]
    assert [one["id"] for one in server.json("template", "list")["data"]] == [made["id"]]
    values = ("--set", "order=4711", "--set", "day=Friday")
    shown = server.cli("template", "preview", "delivery", *values).stdout
    assert "Order 4711" in shown
    assert "It comes on Friday." in shown
    done = server.cli("template", "preview", "delivery", "--set", "x=1")
    assert done.returncode == 2
    assert all(name in done.stderr for name in ("order", "day", "x"))
    sent = server.json("template", "send", made["id"], "--to", "owner@example.org", *values)
    assert sent["status"] == "queued"
    assert server.cli("template", "delete", "Delivery").returncode == 0
    assert server.cli("template", "show", "Delivery").returncode == 1


def test_a_rule_is_tried_made_and_switched_off(server: Server, tmp_path: Path) -> None:
    file = tmp_path / "rule.json"
    rule = {
        "name": "Lamps",
        "when": {"field": "subject", "op": "contains", "value": "lamps"},
        "actions": [{"type": "star"}],
    }
    file.write_text(json.dumps(rule))
    inbox = ("--inbox", "mia@example.org")
    tried = server.json("rule", "test", file, *inbox)
    assert tried["matched"] <= tried["looked_at"] == tried["total"]
    made = server.json("rule", "create", file, *inbox)
    assert [one["id"] for one in server.json("rule", "list", *inbox)["data"]] == [made["id"]]
    assert server.json("rule", "disable", "lamps")["enabled"] is False
    file.write_text(json.dumps({"priority": 7}))
    assert server.json("rule", "change", made["id"], file)["priority"] == 7
    assert "subject" in server.cli("rule", "show", "Lamps").stdout
    assert server.json("rule", "log", "--rule", "Lamps")["total"] == 0
    file.write_text(json.dumps({**rule, "when": {"field": "x", "op": "equals", "value": 1}}))
    wrong = server.cli("rule", "create", file)
    assert (wrong.returncode, "when.field" in wrong.stderr) == (2, True)
    assert server.cli("rule", "delete", "Lamps").returncode == 0
    assert server.cli("rule", "show", "Lamps").returncode == 1


def test_check_is_clean_beside_the_running_server(server: Server) -> None:
    assert server.json("check") == {"ok": True, "violations": []}


def test_the_audit_chain_is_whole_and_exported(server: Server) -> None:
    assert server.json("audit", "verify") == {"ok": True, "first_wrong_row": None, "trouble": ""}
    done = server.cli("audit", "export", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one["id"] for one in rows] == sorted(one["id"] for one in rows)
    assert {"domain.add", "agent.create"} <= {one["action"] for one in rows}


def test_offline_refuses_while_the_server_runs(server: Server) -> None:
    done = server.cli("agent", "list", "--offline")
    assert done.returncode == 1
    assert "another server is running" in done.stderr


def test_people_get_text(server: Server) -> None:
    lines = server.cli("agent", "list").stdout.splitlines()
    assert lines[0].split()[:2] == ["NAME", "ADDRESS"]
    assert any(line.startswith("mia") for line in lines)


def test_settings_are_shown_set_and_set_back(server: Server) -> None:
    shown = server.json("settings", "show")
    assert (shown["hold_expiry_days"], shown["changed"]) == (7, [])
    done = server.json("settings", "set", "hold_expiry_days=14", "workspace_name=7", "spam_score=")
    assert (done["hold_expiry_days"], done["workspace_name"]) == (14, "7")
    assert "hold_expiry_days*" in server.cli("settings", "show").stdout
    server.json("settings", "set", "hold_expiry_days=", "workspace_name=")
    assert server.json("settings", "show") == shown
    wrong = server.cli("settings", "set", "hold_expiry_days")
    assert (wrong.returncode, "hold_expiry_days=14" in wrong.stderr) == (2, True)
    wrong = server.cli("settings", "set", "hold_at=never")
    assert wrong.returncode == 2
    assert "hold_at" in wrong.stderr


def test_people_are_added_changed_given_keys_and_removed(server: Server) -> None:
    made = server.json("person", "create", "Bo", "bo@example.net")
    assert made["role"] == "approver"
    assert made["id"] in {one["id"] for one in server.json("person", "list")["data"]}
    assert server.json("person", "key", made["id"])["api_key"].startswith("cs_approver_")
    assert server.json("person", "role", made["id"], "viewer")["role"] == "viewer"
    server.json("person", "delete", made["id"])
    assert server.cli("person", "delete", made["id"]).returncode == 1


def test_webhooks_are_made_tried_switched_and_deleted(server: Server) -> None:
    url = "https://hooks.example.invalid/in"
    done = server.cli("webhook", "create", url, "--event", "email.recieved")
    assert (done.returncode, "events[0]" in done.stderr) == (2, True)
    made = server.json("webhook", "create", url, "--event", "email.received")
    assert made["secret"].startswith("whsec_")
    assert server.json("webhook", "rotate-secret", made["id"])["secret"] != made["secret"]
    assert "secret" not in server.json("webhook", "list")["data"][0]
    assert server.json("webhook", "test", made["id"])["state"] == "dead"
    (row,) = server.json("webhook", "deliveries", made["id"], "--state", "dead")["data"]
    assert row["event"] == "webhook.test"
    again = server.cli("webhook", "redeliver", made["id"], row["id"])
    assert again.stdout == "1 on the way again\n"
    assert not server.json("webhook", "disable", made["id"])["is_enabled"]
    assert server.json("webhook", "enable", made["id"])["is_enabled"]
    server.json("webhook", "delete", made["id"])
    assert server.json("webhook", "list")["total"] == 0
