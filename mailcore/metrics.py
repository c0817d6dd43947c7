"""Counters and histograms of one App, in their own registry; `/metrics` renders them."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    """What an operator watches. Two Apps in one process keep two registries."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        registry = self.registry
        self.smtp_connections = Counter(
            "countersign_smtp_connections", "SMTP connections accepted", ["port"], registry=registry
        )
        self.smtp_replies = Counter(
            "countersign_smtp_replies", "SMTP replies by code", ["code"], registry=registry
        )
        self.turned_away = Counter(
            "countersign_smtp_turned_away",
            "SMTP clients and recipients refused by limits, lists and greylisting",
            ["reason"],
            registry=registry,
        )
        self.imap_connections = Counter(
            "countersign_imap_connections", "IMAP connections accepted", registry=registry
        )
        self.imap_commands = Counter(
            "countersign_imap_commands", "IMAP commands", ["command", "result"], registry=registry
        )
        self._imap_commands: dict[tuple[str, str], Counter] = {}
        self.received = Counter(
            "countersign_messages_received", "Messages accepted", ["source"], registry=registry
        )
        self.submissions = Counter(
            "countersign_submissions",
            "Messages through the outgoing door",
            ["status"],
            registry=registry,
        )
        self.hold_decisions = Counter(
            "countersign_hold_decisions",
            "Holds decided",
            ["decision", "via"],
            registry=registry,
        )
        self.rule_actions = Counter(
            "countersign_rule_actions",
            "Actions of rules, by what became of them",
            ["action", "state"],
            registry=registry,
        )
        self.attempts = Counter(
            "countersign_delivery_attempts",
            "Delivery attempts",
            ["outcome", "lane"],
            registry=registry,
        )
        self.returned = Counter(
            "countersign_mail_returned",
            "Recipients that reports which came back are about",
            ["fate"],
            registry=registry,
        )
        self.queue_oldest_seconds = Gauge(
            "countersign_queue_oldest_seconds",
            "Age of the oldest recipient that is due",
            registry=registry,
        )
        self.auth = Counter(
            "countersign_authentication", "Logins", ["protocol", "result"], registry=registry
        )
        self.http_seconds = Histogram(
            "countersign_http_request_seconds",
            "HTTP requests by route",
            ["route", "method", "status"],
            registry=registry,
        )
        self.mirror_lag_bytes = Gauge(
            "countersign_mirror_lag_bytes",
            "Octets of messages that are in the database and in no file yet",
            registry=registry,
        )
        self.mirror_lag_events = Gauge(
            "countersign_mirror_lag_events",
            "Journal rows that the Maildir tree does not follow yet",
            registry=registry,
        )
        self.mirror_paused = Gauge(
            "countersign_mirror_paused",
            "1 while the Maildir tree cannot be written",
            registry=registry,
        )
        self.state_copy_seconds = Gauge(
            "countersign_state_copy_seconds",
            "Processor time that the copy of the state took last to follow the database",
            registry=registry,
        )
        self.state_copy_paused = Gauge(
            "countersign_state_copy_paused",
            "1 while the copy of the state cannot be written",
            registry=registry,
        )
        self.errors = Counter(
            "countersign_unexpected_errors",
            "Unexpected errors at an edge",
            ["edge"],
            registry=registry,
        )

    def imap_command(self, command: str, result: str) -> None:
        """Count a command of IMAP; `labels` is looked up once for each pair."""
        counter = self._imap_commands.get((command, result))
        if counter is None:
            counter = self._imap_commands[command, result] = self.imap_commands.labels(
                command, result
            )
        counter.inc()
