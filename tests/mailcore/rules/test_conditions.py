"""Every field, operator, trigger and action, as a table; order, ends of the chain, recipients, cost."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailcore.address import Address
from mailcore.errors import ErrorKind, MailError
from mailcore.ids import DEFAULT_POD, AgentId, ContactId, InboxId, RuleId, ThreadId
from mailcore.message.analyze import analyze
from mailcore.message.parse import readable
from mailcore.model import Contact, ContactStatus, JsonValue, Thread, ThreadStatus
from mailcore.rules.evaluate import answers, leaves, matching
from mailcore.rules.facts import Facts, Judged, facts_of
from mailcore.rules.reading import MAX_CONDITIONS, MAX_DEPTH, MAX_VALUES, action_json, read
from mailcore.rules.rule import (
    ALLOWED,
    FIELDS,
    OPERATORS,
    ActionKind,
    FieldKind,
    Operator,
    Rule,
    Trigger,
)

NOW = datetime(2026, 3, 1, tzinfo=UTC)
STAR: list[JsonValue] = [{"type": "star"}]
RAW = (
    b"From: Ana <Ana@Customer.example>\r\nTo: Mia <mia@example.org>\r\nCc: bob@example.org\r\n"
    b"Subject: URGENT: the Lamps\r\nMessage-ID: <1@customer.example>\r\nIn-Reply-To: <0@x>\r\n"
    b'MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain\r\n\r\nThey come on Monday.\r\n> when do they come?\r\n"
    b'--b\r\nContent-Type: application/pdf; name="Invoice.PDF"\r\n'
    b'Content-Disposition: attachment; filename="Invoice.PDF"\r\n\r\n0123456789\r\n--b--\r\n'
)
CONTACT = Contact(
    id=ContactId("c"),
    pod_id=DEFAULT_POD,
    inbox_id=InboxId("i"),
    address=Address("ana", "customer.example"),
    name="Ana",
    notes="",
    tags=("friend", "VIP"),
    status=ContactStatus.TRUSTED,
    message_count=3,
    created_at=NOW,
    updated_at=NOW,
    last_message_at=None,
    vouched_tags=("vip",),
)
THREAD = Thread(
    id=ThreadId("t-1"),
    inbox_id=InboxId("i"),
    subject="Lamps",
    status=ThreadStatus.WAITING,
    needs_review=False,
    message_count=4,
    participants=(),
    preview="",
    created_at=NOW,
    last_message_at=NOW,
    last_inbound_id=None,
)
JUDGED = Judged(level="warning", score=25, categories=("links", "phishing"), dmarc="pass")
FACTS = facts_of(
    analyze(RAW),
    readable(RAW).text,
    recipients=["hidden@example.org"],
    contact=CONTACT,
    thread=THREAD,
    judged=JUDGED,
)
EMPTY = facts_of(analyze(b"\r\n"), "")

HOLDS: list[tuple[str, str, JsonValue]] = [
    ("sender", "equals", "ana@customer.example"),
    ("sender", "ends_with", "@CUSTOMER.example"),
    ("sender", "in", ["x@y.example", "ana@customer.example"]),
    ("recipient", "equals", "bob@example.org"),
    ("recipient", "starts_with", "hidden@"),
    ("subject", "contains", ["asap", "urgent"]),
    ("subject", "starts_with", "urgent:"),
    ("subject", "matches", r"\burgent\b.*lamps$"),
    ("text", "contains", "on monday"),
    ("text", "matches", "m[o0]nday"),
    ("word_count", "equals", 4),
    ("word_count", "less_than", 5),
    ("size", "greater_than", 100),
    ("has_attachment", "equals", True),
    ("attachment.name", "ends_with", ".pdf"),
    ("attachment.type", "equals", "application/pdf"),
    ("attachment.size", "equals", 10),
    ("contact.status", "in", ["trusted", "pending"]),
    ("contact.tag", "equals", "friend"),
    ("thread.id", "equals", "t-1"),
    ("thread.status", "equals", "waiting"),
    ("thread.messages", "in", [1, 4]),
    ("thread.is_reply", "equals", True),
    ("verdict.score", "greater_than", 20),
    ("verdict.level", "equals", "warning"),
    ("verdict.category", "equals", "phishing"),
    ("auth.dmarc", "equals", "pass"),
]
FAILS: list[tuple[str, str, JsonValue]] = [
    ("sender", "equals", "customer.example"),
    ("sender", "starts_with", "@customer"),
    ("recipient", "in", ["ana@customer.example"]),
    ("subject", "ends_with", "urgent"),
    ("subject", "matches", "^lamps"),
    ("word_count", "greater_than", 4),
    ("attachment.size", "less_than", 10),
    ("has_attachment", "equals", False),
    ("contact.tag", "contains", "trusted"),
    ("thread.messages", "equals", 5),
    ("verdict.level", "equals", "clean"),
]
GIVEN: dict[str, dict[str, JsonValue]] = {
    "tag": {"tag": "news"},
    "untag": {"tag": "news"},
    "set_thread_status": {"status": "closed"},
    "move": {"folder": "Archive"},
    "forward": {"to": ["a@b.example"]},
    "auto_reply": {"text": "Away.", "days": 3},
    "assign": {"agent": "mia"},
}


def rule(when: JsonValue = None, actions: JsonValue = None, **more: Any) -> Rule:
    trigger = more.pop("trigger", Trigger.EMAIL_RECEIVED)
    condition, done = read(trigger, when, actions or STAR)
    made = Rule(
        id=RuleId(more.pop("id", "r")),
        pod_id=DEFAULT_POD,
        agent_id=None,
        inbox_id=None,
        name="a rule",
        trigger=trigger,
        when=when if isinstance(when, dict) else None,
        condition=condition,
        actions=done,
        priority=100,
        stops=False,
        is_enabled=True,
        created_by="master",
        created_at=NOW,
        updated_at=NOW,
    )
    return replace(made, **more)


def leaf(field: str, op: str, value: JsonValue) -> dict[str, JsonValue]:
    return {"field": field, "op": op, "value": value}


def matches(when: JsonValue, facts: Facts = FACTS) -> bool:
    return bool(matching([rule(when)], [facts]))


@pytest.mark.parametrize(("field", "op", "value"), HOLDS)
def test_a_condition_holds(field: str, op: str, value: JsonValue) -> None:
    assert matches(leaf(field, op, value))
    assert not matches({"not": leaf(field, op, value)})


@pytest.mark.parametrize(("field", "op", "value"), FAILS)
def test_a_condition_does_not_hold(field: str, op: str, value: JsonValue) -> None:
    assert not matches(leaf(field, op, value))
    assert matches({"not": leaf(field, op, value)})


def test_the_tables_have_every_field_and_operator() -> None:
    assert {one[0] for one in HOLDS} == set(FIELDS)
    assert {one[1] for one in HOLDS} == {one.value for one in Operator}


@pytest.mark.parametrize("field", FIELDS)
def test_each_field_takes_the_operators_of_its_kind_alone(field: str) -> None:
    kind = FIELDS[field][0]
    values: dict[FieldKind, JsonValue] = {
        FieldKind.TEXT: "x",
        FieldKind.NUMBER: 1,
        FieldKind.FLAG: True,
    }
    for operator in Operator:
        value = values[kind]
        if operator is Operator.IN:
            value = [value]
        if operator in OPERATORS[kind]:
            read(Trigger.EMAIL_RECEIVED, leaf(field, operator.value, value), STAR)
        else:
            assert paths(leaf(field, operator.value, value)) == ["when.op"]


def test_trees_join_conditions() -> None:
    yes, no = leaf("subject", "contains", "lamps"), leaf("subject", "contains", "chairs")
    assert matches({"and": [yes, {"or": [no, yes]}, {"not": no}]})
    assert not matches({"and": [yes, no]})
    assert not matches({"or": [no, {"not": yes}]})
    assert matches(None)
    assert not matches(leaf("contact.status", "equals", "trusted"), EMPTY)
    assert matches(leaf("contact.status", "equals", "unknown"), EMPTY)


@pytest.mark.parametrize("trigger", Trigger)
@pytest.mark.parametrize("kind", ActionKind)
def test_an_action_is_taken_where_it_can_be_done(trigger: Trigger, kind: ActionKind) -> None:
    given: list[JsonValue] = [{"type": kind.value, **GIVEN.get(kind.value, {})}]
    if kind in ALLOWED[trigger]:
        _, (action,) = read(trigger, None, given)
        assert read(trigger, None, [action_json(action)])[1] == (action,)
    else:
        with pytest.raises(MailError) as caught:
            read(trigger, None, given)
        assert [one.path for one in caught.value.fields] == ["actions[0].type"]


def paths(when: JsonValue, actions: JsonValue = None) -> list[str]:
    with pytest.raises(MailError) as caught:
        read(Trigger.EMAIL_RECEIVED, when, STAR if actions is None else actions)
    assert caught.value.kind is ErrorKind.INVALID
    return [one.path for one in caught.value.fields]


def deep(levels: int) -> JsonValue:
    tree: JsonValue = leaf("subject", "equals", "x")
    for _ in range(levels):
        tree = {"not": tree}
    return tree


LEAF = leaf("subject", "equals", "x")
WRONG: list[tuple[JsonValue, list[str]]] = [
    ("x", ["when"]),
    ({}, ["when.field"]),
    ({"and": []}, ["when.and"]),
    ({"and": [LEAF], "or": [LEAF]}, ["when.and", "when.or", "when.field"]),
    ({"and": [LEAF, {"not": leaf("nothing", "equals", 1)}]}, ["when.and[1].not.field"]),
    (leaf("subject", "like", "x"), ["when.op"]),
    ({"field": "subject", "op": "equals"}, ["when.value"]),
    (leaf("subject", "in", "x"), ["when.value"]),
    (leaf("subject", "in", []), ["when.value"]),
    (leaf("subject", "contains", ["a", ""]), ["when.value[1]"]),
    (leaf("subject", "equals", "x" * 501), ["when.value"]),
    (leaf("subject", "equals", 3), ["when.value"]),
    (leaf("subject", "matches", "("), ["when.value"]),
    (leaf("subject", "matches", r"(a)\1"), ["when.value"]),
    (leaf("subject", "matches", "(?=a)"), ["when.value"]),
    (leaf("subject", "matches", "((a{100}){100}){100}"), ["when.value"]),
    (leaf("size", "greater_than", True), ["when.value"]),
    (leaf("size", "greater_than", [1, 2]), ["when.value"]),
    (leaf("size", "in", [1, "2"]), ["when.value[1]"]),
    (leaf("has_attachment", "equals", 1), ["when.value"]),
    ({**LEAF, "extra": 1}, ["when.extra"]),
    (deep(MAX_DEPTH), ["when" + ".not" * MAX_DEPTH]),
    ({"or": [LEAF] * MAX_CONDITIONS}, [f"when.or[{MAX_CONDITIONS - 1}]"]),
    (leaf("subject", "in", ["x"] * (MAX_VALUES + 1)), ["when.value"]),
]


@pytest.mark.parametrize(("when", "expected"), WRONG)
def test_every_fault_is_named_by_its_path(when: JsonValue, expected: list[str]) -> None:
    assert paths(when) == expected


def test_faults_of_actions_are_named_too() -> None:
    actions: list[JsonValue] = [
        *({"type": "fly"}, "x", {"type": "tag"}, {"type": "tag", "tag": "a b"}),
        *({"type": "star", "tag": "x"}, {"type": "forward", "to": ["a@b.example", "x"]}),
        {"type": "auto_reply", "text": " ", "days": 0},
        {"type": "move", "folder": "a\nb"},
    ]
    assert paths({"field": "x"}, actions) == [
        *("when.field", "actions[0].type", "actions[1].type", "actions[2].tag", "actions[3].tag"),
        *("actions[4].tag", "actions[5].to[1]", "actions[6].text", "actions[6].days"),
        "actions[7].folder",
    ]
    assert paths(None, []) == ["actions"]


def test_rules_are_asked_in_order_and_one_can_end_the_chain() -> None:
    """An agent's are asked after the owner's, and end no chain but the agent's."""
    agent = AgentId("a")
    rules = [
        rule(id="late", priority=20),
        rule(id="agent-2", agent_id=agent, priority=2),
        rule(id="agent-1", agent_id=agent, priority=1, stops=True),
        rule(id="early", priority=10),
        rule(id="off", priority=1, is_enabled=False, stops=True),
    ]
    assert [one.id for one in matching(rules, [FACTS])] == ["early", "late", "agent-1"]
    rules.append(rule(id="end", priority=15, stops=True))
    assert [one.id for one in matching(rules, [FACTS])] == ["early", "end"]
    reached = {one.rule.id: one.is_reached for one in answers(rules, [FACTS])}
    assert reached == {
        "early": True,
        "end": True,
        "late": False,
        "agent-1": False,
        "agent-2": False,
    }


def test_a_rule_that_approves_must_match_for_every_recipient() -> None:
    """Any other for one; and of tags only those count that a person gave."""
    friend = FACTS.with_recipient("ana@customer.example", CONTACT)
    stranger = FACTS.with_recipient("eve@customer.example", None)
    when = leaf("contact.tag", "equals", "vip")
    for action, views, expected in (
        ("approve", [friend], True),
        ("approve", [friend, stranger], False),
        ("approve", [stranger, friend], False),
        ("approve", [], False),
        ("require_approval", [friend, stranger], True),
        ("require_approval", [stranger], False),
    ):
        asked = rule(when, [{"type": action}], trigger=Trigger.DRAFT_CREATED)
        assert bool(matching([asked], views)) is expected, (action, len(views))
    by_agent = leaf("contact.tag", "equals", "friend")
    asked = rule(by_agent, [{"type": "approve"}], trigger=Trigger.DRAFT_CREATED)
    assert not matching([asked], [friend])


def test_an_answer_says_why() -> None:
    when = {"or": [leaf("subject", "contains", "chairs"), leaf("size", "greater_than", 5)]}
    (answer,) = answers([rule(when)], [FACTS])
    assert [(one.compare.path, one.holds) for one in answer.because] == [
        *(("when.or[0]", False), ("when.or[1]", True)),
    ]


trees = st.recursive(
    st.sampled_from([leaf(*one) for one in (*HOLDS, *FAILS)]),
    lambda inner: st.one_of(
        st.builds(lambda part: {"not": part}, inner),
        st.builds(lambda parts: {"and": parts}, st.lists(inner, min_size=1, max_size=3)),
        st.builds(lambda parts: {"or": parts}, st.lists(inner, min_size=1, max_size=3)),
    ),
    max_leaves=12,
)


@settings(max_examples=150, deadline=None)
@given(when=trees, copies=st.integers(1, 8))
def test_cost_is_at_most_conditions_times_recipients(when: JsonValue, copies: int) -> None:
    """Counted, not timed: no comparison is made more often than there are recipients, plus once to tell why."""
    try:
        asked = rule(when)
    except MailError:
        return
    assert asked.condition is not None
    count = [0]
    views = [counted(FACTS.with_recipient(f"{at}@x.example", None), count) for at in range(copies)]
    tuple(answers([asked], views))
    assert count[0] <= (copies + 1) * len(list(leaves(asked.condition)))


def counted(facts: Facts, count: list[int]) -> Facts:
    """The same facts; each look at a field counts."""

    class Counting[T](dict[str, T]):
        def get(self, *arguments: Any) -> Any:
            count[0] += 1
            return super().get(*arguments)

    return replace(
        facts,
        texts=Counting(facts.texts),
        numbers=Counting(facts.numbers),
        flags=Counting(facts.flags),
    )
