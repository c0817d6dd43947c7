import base64
import gzip
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from guard import GuardSettings, build
from guard.eval.carriers import CARRIERS
from guard.eval.ham import HAM
from guard.eval.mails import File, mail, pdf, zipped
from guard.outbound import mask
from guard.specimens import draw, fill, own_key
from mailcore.address import Address
from mailcore.policy import (
    Easing,
    NoFingerprints,
    OutboundFacts,
    Ruling,
    SecretKind,
    Severity,
    Verdict,
)
from tests.support.registered import registered

SECRET = "the database password is hunter2-Xk9!"
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
Judge = Callable[..., Verdict]


def attached(name: str, content_type: str, payload: bytes) -> bytes:
    return mail(files=(File(name=name, content_type=content_type, payload=payload),))


def rules(verdict: Verdict) -> set[str]:
    return {finding.rule for finding in verdict.findings}


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.name)
def test_a_password_is_held_in_every_carrier(judge, carrier):
    """Product §4.2: what the recipient gets is what is looked at."""
    verdict = judge(carrier.carry(SECRET))
    assert verdict.ruling is Ruling.HOLD
    assert "credentials" in verdict.categories


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.name)
def test_our_own_key_is_held_in_every_carrier(judge, carrier):
    """The server's keys never leave."""
    assert judge(carrier.carry(f"use {own_key('agent')} for it")).ruling is Ruling.HOLD


@pytest.mark.parametrize("carrier", CARRIERS, ids=lambda carrier: carrier.name)
def test_harmless_text_passes_in_every_carrier(judge, carrier):
    """No carrier is a finding by itself."""
    verdict = judge(carrier.carry("the meeting is on Thursday at ten"))
    assert verdict.ruling is Ruling.ALLOW


def test_an_own_key_with_a_wrong_check_sum_is_still_high(judge):
    """A mistyped key tells too much."""
    key = own_key("master")
    verdict = judge(mail(text=key[:-1] + ("A" if key[-1] != "A" else "B")))
    worst = [f.severity for f in verdict.findings if f.rule == "credential.own_key"]
    assert worst == [Severity.HIGH]


def test_a_right_check_sum_is_critical(judge):
    """Certainty raises the severity."""
    verdict = judge(mail(text=own_key("inbox")))
    assert verdict.findings[0].severity is Severity.CRITICAL


def test_masks_show_two_characters_at_either_end():
    """Never more than that, and nothing of short values."""
    assert mask("hunter2-Xk9!") == "hu…9!"
    assert mask("abcdef") == "a…f"
    assert mask("1234") == "…"


def test_no_finding_shows_the_secret(judge):
    """Neither the mask nor the place nor the sentence."""
    for raw in (mail(text=SECRET), attached(f"{SECRET}.txt", "text/plain", b"x")):
        for finding in judge(raw).findings:
            shown = f"{finding.masked} {finding.place} {finding.message}"
            assert "hunter2" not in shown


def test_places_are_named(judge):
    """A person can find it again."""
    places = {
        judge(mail(text=SECRET)).findings[0].place,
        judge(mail(subject=SECRET)).findings[0].place,
        judge(mail(headers=(("X-Note", SECRET),))).findings[0].place,
        judge(attached("notes.txt", "text/plain", SECRET.encode())).findings[0].place,
    }
    assert places == {"text", "subject", "header X-Note", "attachment notes.txt"}


def test_the_same_bytes_give_the_same_verdict(judge):
    """The guard has no memory."""
    raw = mail(text=f"{SECRET}\n{fill('AKIA{u16}')}\ncard 4539 1488 0343 6467")
    assert judge(raw) == judge(raw)


def test_all_matches_of_a_rule_are_reported(judge):
    """The approver sees the second secret too."""
    text = "\n".join(f"password: {n}pw-long-Zx{n}!" for n in range(5))
    found = [f for f in judge(mail(text=text)).findings if f.rule == "credential.password"]
    assert len(found) == 5


def test_a_card_before_its_expiry_date_is_found(judge):
    """Digits that follow do not hide it."""
    assert "pii.credit_card" in rules(judge(mail(text="4539 1488 0343 6467 12/27")))


def test_a_number_in_front_does_not_hide_a_card(judge):
    """The search goes on inside a match that was refused."""
    assert "pii.credit_card" in rules(judge(mail(text="2024 4539 1488 0343 6467")))


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        ("Re: alarm code", "7315"),
        ("Your password for the portal", "Hi Anna,\n\nSommer2024\n\nBest, Tom"),
        ("SSN", "536 22 8743"),
        ("backup codes", "2559-5500  0123-1588\n5465-1825  0108-7050"),
        ("tan", "449177\nschnell bitte"),
    ],
)
def test_a_subject_says_what_a_short_text_is(judge, subject, text):
    """Many write the word in the subject and nothing but the value below it."""
    verdict = judge(mail(subject=subject, text=text))
    assert verdict.ruling is Ruling.HOLD
    assert {finding.place for finding in verdict.findings} == {"subject and text"}
    assert judge(mail(subject="Re: the lamps", text="7315")).ruling is Ruling.ALLOW


def test_a_subject_says_nothing_of_a_longer_text_or_of_what_is_told(judge):
    """What stands pages below, or is no value, is not what the subject names."""
    for subject, text in (
        ("password", "The lamps will be sent on Monday. " * 14 + "Hello2u"),
        ("diabetes", "Anna Berg is coming to the meeting"),
        ("password reset", "Hi Anna,\n\ncan you call me when you are back?"),
    ):
        assert judge(mail(subject=subject, text=text)).ruling is Ruling.ALLOW


def test_fields_do_not_run_into_each_other(judge):
    """`password:` at the end of a field and a word at the start of the next are no password."""
    raw = mail(text="Hello").replace(
        b"Subject:", b"X-Note: password:\r\nX-Other: Hello2u\r\nSubject:", 1
    )
    assert judge(raw).ruling is Ruling.ALLOW


# What cannot be looked into --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "payload"),
    [
        ("a.pdf", b"%PDF-1.7\n\x00\x01\x02"),
        ("a.7z", b"7z\xbc\xaf\x27\x1c" + bytes(40)),
        ("a.rar", b"Rar!\x1a\x07\x01\x00" + bytes(40)),
        ("a.doc", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(400)),
        ("a.bin", bytes(range(256)) * 8),
        ("a.zip", b"PK\x03\x04 broken"),
        ("a.mp3", b"ID3\x04\x00" + bytes(range(256))),
        ("a.db", b"SQLite format 3\x00" + bytes(200)),
        ("a.gz", b"\x1f\x8b\x08\x00 not deflate at all"),
    ],
)
def test_what_cannot_be_looked_into_is_held(judge, name, payload):
    """Product §4.2: it is a finding of its own, never clean."""
    verdict = judge(attached(name, "application/octet-stream", payload))
    assert verdict.ruling is Ruling.HOLD
    assert "encoding.unscannable" in rules(verdict)


def test_an_encrypted_archive_is_held_and_its_names_are_read(judge):
    """The flag of the entry says so (APPNOTE 4.4.4)."""
    archive = bytearray(zipped(("secret plans.txt", b"x" * 30)))
    archive[6] |= 1
    central = archive.index(b"PK\x01\x02")
    archive[central + 8] |= 1
    verdict = judge(attached("a.zip", "application/zip", bytes(archive)))
    assert verdict.ruling is Ruling.HOLD
    assert any("encrypted" in finding.message for finding in verdict.findings)


def test_a_bomb_is_refused_without_being_unpacked(judge):
    """Ratio and size are bounded."""
    bomb = zipped(("zeros.txt", bytes(40_000_000)))
    assert judge(attached("a.zip", "application/zip", bomb)).ruling is Ruling.HOLD


def test_archives_nested_too_deep_are_held(judge):
    """Depth is bounded."""
    payload = b"hello"
    for _ in range(8):
        payload = zipped(("a.zip", payload))
    verdict = judge(attached("a.zip", "application/zip", payload))
    assert "encoding.unscannable" in rules(verdict)


def test_a_logo_does_not_hold_a_mail(judge):
    """An image is noted, not held."""
    verdict = judge(attached("logo.png", "image/png", PIXEL))
    assert verdict.ruling is Ruling.ALLOW
    assert rules(verdict) == {"encoding.unscanned_image"}


def test_a_bitmap_is_an_image_and_its_mark_alone_is_none(judge):
    """Its length says so; two letters at the beginning of anything else do not."""
    rest = bytes(4) + b"6\x00\x00\x00(\x00\x00\x00" + bytes(range(256)) * 4
    bitmap = b"BM" + (len(rest) + 6).to_bytes(4, "little") + rest
    assert rules(judge(attached("clock.bmp", "image/bmp", bitmap))) == {"encoding.unscanned_image"}
    assert judge(attached("clock.bmp", "image/bmp", bitmap + b"\x01")).ruling is Ruling.HOLD


def test_text_behind_an_image_is_read(judge):
    """Octets appended to an image are part of what leaves."""
    raw = attached("logo.png", "image/png", PIXEL + SECRET.encode())
    assert "credential.password_spoken" in rules(judge(raw))


def test_a_text_over_the_limit_is_held(judge):
    """What was not read is not clean."""
    verdict = judge(attached("big.txt", "text/plain", b"all is well here\n" * 80_000))
    assert "encoding.unscannable" in rules(verdict)


def test_a_document_with_entities_of_its_own_is_held(judge):
    """Entities are never expanded, and what they would say is unknown."""
    xml = b'<?xml version="1.0"?><!DOCTYPE a [<!ENTITY b "hun">]><a>&b;ter2</a>'
    assert judge(attached("a.xml", "application/xml", xml)).ruling is Ruling.HOLD


def test_octets_before_an_archive_are_read(judge):
    """A reader of the listing never shows them, a hex editor does."""
    payload = SECRET.encode() + zipped(("a.txt", b"hello"))
    assert judge(attached("a.zip", "application/zip", payload)).ruling is Ruling.HOLD


def test_a_text_label_on_an_archive_changes_nothing(judge):
    """Payloads are what they are, not what they are called."""
    packed = gzip.compress(SECRET.encode(), mtime=0)
    assert "credential.password_spoken" in rules(judge(attached("a.txt", "text/plain", packed)))


def test_plain_text_under_a_base64_label_is_read(judge):
    """The recipient can look at the source."""
    head = (
        b"From: a@b.example\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    )
    assert judge(head + SECRET.encode()).ruling is Ruling.HOLD


def test_an_unknown_transfer_encoding_is_held(judge):
    """Nobody can say what it decodes to (RFC 2045 §6.4)."""
    head = b"From: a@b.example\r\nContent-Transfer-Encoding: x-uuencode\r\n\r\n"
    assert "encoding.unscannable" in rules(judge(head + b"begin 644 a\r\n"))


def test_rich_text_is_read(judge):
    """Control words inside a word do not hide it."""
    rtf = rb"{\rtf1\ansi the database pass\b word\b0  is hun\'74er2-Xk9!\par}"
    assert "credential.password_spoken" in rules(judge(attached("a.rtf", "application/rtf", rtf)))


def test_text_around_the_parts_is_read(judge):
    """Preamble and epilogue travel too (RFC 2046 §5.1.1)."""
    raw = mail(html="<p>hello</p>")
    head, blank, body = raw.partition(b"\r\n\r\n")
    assert judge(head + blank + SECRET.encode() + b"\r\n" + body).ruling is Ruling.HOLD
    assert judge(raw + SECRET.encode() + b"\r\n").ruling is Ruling.HOLD


def test_lines_in_the_header_that_are_no_field_are_read(judge):
    """A line without a colon travels all the same."""
    token = fill("ghp_{b36}")
    raw = mail().replace(b"Subject:", token.encode() + b"\r\nSubject:", 1)
    assert judge(raw).ruling is Ruling.HOLD


@pytest.mark.parametrize("charset", ["koi8-r", "shift_jis", "gb18030", "iso-8859-1", "utf-16"])
def test_foreign_charsets_are_no_reason_to_hold(judge, charset):
    """A label that is right lets the text be read."""
    words = {
        "koi8-r": "Привет, увидимся завтра утром",
        "shift_jis": "こんにちは、明日の朝に会いましょう",
    }
    text = words.get(
        charset, "see you tomorrow" if charset != "gb18030" else "你好，明天早上见面吧"
    )
    body = base64.encodebytes(text.encode(charset))
    head = f"From: a@b.example\r\nContent-Type: text/plain; charset={charset}\r\n"
    raw = head.encode() + b"Content-Transfer-Encoding: base64\r\n\r\n" + body
    assert judge(raw).ruling is Ruling.ALLOW


def test_an_address_can_carry_a_secret(judge):
    """Local parts are read."""
    token = fill("ghp_{b36}")
    verdict = judge(mail(), recipients=(Address(token, "evil.example"),))
    assert [finding.place for finding in verdict.findings] == ["recipient"]


# Settings, insiders, known secrets ----------------------------------------------------------------


def test_mild_findings_do_not_hold(judge):
    """Medium warns."""
    verdict = judge(mail(text="the router is 192.168.1.1"))
    assert verdict.ruling is Ruling.ALLOW
    assert rules(verdict) == {"system.private_ip"}


def test_credentials_hold_between_inboxes_of_this_server_too(judge):
    """Internal mail is scanned (product §3.8)."""
    assert judge(mail(text=SECRET), is_internal=True).ruling is Ruling.HOLD


def test_opaque_files_may_travel_inside(judge):
    """They have not left."""
    raw = attached("a.pdf", "application/pdf", b"%PDF-1.7\n\x00\x01")
    assert judge(raw, is_internal=True).ruling is Ruling.ALLOW


@pytest.mark.timeout(60)
def test_the_limit_can_be_set(compiled):
    """`hold_at` decides."""
    strict = build(GuardSettings(hold_at=Severity.MEDIUM), cache=compiled)
    facts = OutboundFacts(
        raw=mail(text="the router is 192.168.1.1"),
        mail_from=None,
        recipients=(),
        is_internal=False,
        fingerprints=NoFingerprints(),
    )
    assert strict.judge_outbound(facts).ruling is Ruling.HOLD


@pytest.mark.parametrize(
    "text",
    [
        "it is kx88tulip, ok",
        "value=kx88tulip;",
        '"kx88tulip"',
        base64.b64encode(b"say kx88tulip now").decode(),
        "pilut88xk",
        "kx88\u200btulip",
        "b'kx88tulip'",
    ],
)
def test_a_registered_secret_is_found_in_any_form(judge, text):
    """Product §4.3."""
    verdict = judge(mail(text=f"Hello\n{text}\n"), fingerprints=registered("kx88tulip"))
    assert "credential.registered_secret" in rules(verdict)
    assert all("tulip" not in finding.masked for finding in verdict.findings)


def test_a_registered_passphrase_with_spaces_is_found_as_a_line(judge):
    """Short lines are asked as a whole."""
    verdict = judge(
        mail(text="Hi\nred kite over harbour\n"), fingerprints=registered("red kite over harbour")
    )
    assert "credential.registered_secret" in rules(verdict)


LONG = "zq7Lp0-vault-K3mmNx81-tundra-9Wf2"


@pytest.mark.parametrize(
    "raw",
    [
        mail(text=f"see prefix{LONG}suffix here"),
        mail(text=f"the key is {LONG}!."),
        mail(text=" ".join(LONG)),
        mail(text=LONG[:11] + "\n" + LONG[11:22] + "\n" + LONG[22:]),
        mail(subject=f"part one {LONG[:16]}", text=f"part two {LONG[16:]}"),
        mail(text=LONG[:13], files=(File(name=f"{LONG[13:]}.txt", content_type="text/plain", payload=b"x"),)),
        mail(text=LONG.encode().hex()),
        mail(html=f"<p>{LONG[:9]}<b>{LONG[9:]}</b></p>"),
        mail(files=(File(name="a.pdf", content_type="application/pdf", payload=pdf(LONG)),)),
    ],
)  # fmt: skip
def test_a_registered_secret_is_found_inside_other_text_and_spread_over_fields(judge, raw):
    """Product §4.3: in pieces, wherever each of them stands."""
    assert "credential.registered_secret" in rules(judge(raw, fingerprints=registered(LONG)))


@pytest.mark.parametrize("secret", ["Grüße aus Köln 7", "red kite over harbour", "blue-Falcon77"])
def test_a_registered_secret_is_found_within_a_sentence(judge, secret):
    """Its words in a row, whatever stands around them."""
    verdict = judge(mail(text=f"I think {secret} opens it"), fingerprints=registered(secret))
    assert "credential.registered_secret" in rules(verdict)


def test_half_a_registered_secret_is_none(judge):
    """Pieces count when nearly all of them are there."""
    verdict = judge(mail(text=f"see {LONG[:17]} here"), fingerprints=registered(LONG))
    assert "credential.registered_secret" not in rules(verdict)


def test_a_decoy_has_a_finding_of_its_own(judge):
    """Whoever sends it has read what nobody should."""
    known = registered(LONG, kind=SecretKind.DECOY)
    assert "credential.decoy" in rules(judge(mail(text=LONG), fingerprints=known))


def test_ordinary_mail_has_no_registered_secret_in_it(judge):
    """A thousand secrets make no noise."""
    known = registered(*(draw("b", 12 + n % 30, f"secret{n}") for n in range(1000)))
    for subject, text in HAM:
        found = rules(judge(mail(subject=subject, text=text), fingerprints=known))
        assert "credential.registered_secret" not in found


def test_the_owner_may_let_a_rule_count_differently(guard):
    """The last word that covers a rule counts; others stay as they are."""
    facts = OutboundFacts(
        raw=mail(text="pay to DE89 3704 0044 0532 0130 00, password: hunter2-Xk9!"),
        mail_from=None,
        recipients=(Address("bob", "partner.example"),),
        is_internal=False,
        fingerprints=NoFingerprints(),
        easings=(
            Easing(rule="pii.*", severity=Severity.CRITICAL),
            Easing(rule="pii.iban", severity=Severity.LOW),
        ),
    )
    found = {one.rule: one.severity for one in guard.judge_outbound(facts).findings}
    assert found["pii.iban"] is Severity.LOW
    assert found["credential.password"] is Severity.HIGH


def test_unregistered_words_are_not_reported(judge):
    """Only what the port knows."""
    assert judge(mail(), fingerprints=registered("kx88tulip")).ruling is Ruling.ALLOW


def test_threads_share_one_guard(judge):
    """The guard is called from worker threads."""
    mails = [mail(text=SECRET), mail(text="all fine")] * 40
    with ThreadPoolExecutor(8) as pool:
        rulings = [verdict.ruling for verdict in pool.map(judge, mails)]
    assert rulings == [Ruling.HOLD, Ruling.ALLOW] * 40
