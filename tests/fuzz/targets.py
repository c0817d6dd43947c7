"""What is fuzzed: each target takes any octets and must not fail, nor take long.

A target raises only for what should never be: an error of a kind it does not promise, or a broken
promise. Errors that callers are told to expect are part of what it does.
"""

import contextlib
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from imapd import urls
from imapd.parser import BadCommand, Parsed, parse
from imapd.wire import Continue, Frame, Framer, Refused, WireError, after_login
from mailcore.address import try_address
from mailcore.mailauth import arc, spf_record
from mailcore.mailauth.dkim import TagListError, read_tags
from mailcore.mailauth.dmarc import parse_consent, parse_record
from mailcore.mailauth.keys import UnusableKeyError, read_record
from mailcore.mailauth.signature import SignatureError, read_signature, tags_of, without_signature
from mailcore.message.analyze import analyze
from mailcore.message.headers import Headers, parse_date, parse_message_ids
from mailcore.message.htmltext import html_to_text
from mailcore.message.mailboxes import parse_mailboxes, readable_name
from mailcore.message.params import parse_content_type, parse_disposition
from mailcore.message.parse import readable, received_hops
from mailcore.message.parts import Part
from mailcore.message.searchtext import search_text
from mailcore.message.structure import scan
from mailcore.message.words import decode_words
from mailcore.scram import ClientFirst
from smtpd import auth, parameters, paths
from smtpd.replies import Over
from smtpd.replies import Refused as SmtpRefused

NANOSECONDS_PER_OCTET: Final = 50_000
SECONDS_AT_LEAST: Final = 1.0
"""What an input may take: this, and as much more as it is long. Instrumented code is slow."""
MAX_OCTETS: Final = 64 * 1024
_NOW: Final = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One target: what it runs, and what it begins with."""

    run: Callable[[bytes], object]
    seeds: tuple[bytes, ...]
    words: tuple[bytes, ...] = ()
    """What the fuzzer may put into its inputs."""


class TooSlowError(AssertionError):
    """The input took longer than its length allows, three times."""


def check(target: Target, octets: bytes, *, clock: Callable[[], float] = time.process_time) -> None:
    """Run one input; raises for what should never be, and TooSlowError."""
    allowed = SECONDS_AT_LEAST + len(octets) * NANOSECONDS_PER_OCTET / 1e9
    for _ in range(3):
        started = clock()
        target.run(octets)
        taken = clock() - started
        if taken <= allowed:
            return
    raise TooSlowError(f"{len(octets)} octets took {taken:.1f} s")


def imap(octets: bytes) -> None:
    """Octets of a connection, of which the first says how they are cut; and of a URL."""
    with contextlib.suppress(ValueError):
        urls.parse(octets.decode("utf-8", "replace"))
    framer, step = Framer(after_login(10_000)), 1 + (octets[:1] or b"\x80")[0]
    with contextlib.suppress(WireError):
        for start in range(1, len(octets), step * 16):
            framer.feed(octets[start : start + step * 16])
            while (found := framer.next_frame()) is not None:
                assert isinstance(found, Frame | Continue | Refused)
                if isinstance(found, Frame):
                    _understand(found)


def _understand(frame: Frame) -> None:
    for is_utf8 in (False, True):
        said = _answer(frame, is_utf8=is_utf8)
        if isinstance(said, BadCommand):
            assert said.message.isprintable(), said.message
            assert said.tag == b"*" or frame.texts[0].startswith(said.tag)


def _answer(frame: Frame, *, is_utf8: bool) -> Parsed | BadCommand:
    try:
        return parse(frame, is_utf8=is_utf8)
    except BadCommand as error:
        return error


def mime(octets: bytes) -> None:
    """A message: its structure lies within its octets, and its text can be kept."""
    root = scan(octets)
    _within(root, 0, len(octets))
    facts = analyze(octets)
    assert facts.size_bytes == len(octets)
    for text in (search_text(octets, 10_000).body, readable(octets, root).text):
        text.encode("utf-8")


def _within(part: Part, low: int, high: int) -> None:
    pending = [(part, low, high)]
    while pending:
        one, start, end = pending.pop()
        assert start <= one.header_start <= one.body_start <= one.body_end <= end, one
        pending += [(child, one.body_start, one.body_end) for child in one.children]


def smtp(octets: bytes) -> None:
    """Lines of a client, read as every command that takes an argument."""
    for line in octets.split(b"\r\n"):
        argument = line.decode("utf-8", "surrogateescape")
        for read in _ARGUMENTS:
            with contextlib.suppress(SmtpRefused, Over):
                read(argument)
    with contextlib.suppress(SmtpRefused):
        auth.decode(octets)
    with contextlib.suppress(ValueError):
        ClientFirst.parse(octets)


def _offer(*, is_submission: bool) -> parameters.Offer:
    return parameters.Offer(max_bytes=1000, is_submission=is_submission, has_tls=True, now=_NOW)


def _mail(argument: str) -> None:
    path = paths.parse(argument, "FROM")
    for is_submission in (False, True):
        with contextlib.suppress(SmtpRefused):
            parameters.of_mail(path.parameters, _offer(is_submission=is_submission))
    paths.reverse_path(path.mailbox)


def _recipient(argument: str) -> None:
    path = paths.parse(argument, "TO")
    address = paths.forward_path(path.mailbox, domain="here.test")
    parameters.of_recipient(address, path.parameters, _offer(is_submission=True))


_ARGUMENTS: Final[tuple[Callable[[str], object], ...]] = (
    _mail,
    _recipient,
    paths.helo_name,
    parameters.chunk,
)


def fields(octets: bytes) -> None:
    """A header, and each of its values as every kind of field."""
    headers = Headers.read(octets)
    assert 0 <= headers.body_start <= len(octets)
    received_hops(octets)
    for name, value in headers.fields[:20]:
        headers.get(name.decode("latin-1"))
        headers.mailboxes(name.decode("latin-1"))
        text = decode_words(value)
        parse_date(value)
        parse_message_ids(value)
        for one in (text, value.decode("latin-1")):
            parse_content_type(one)
            parse_disposition(one)
            try_address(one)
            for mailbox in parse_mailboxes(one):
                readable_name(mailbox.name)


def signatures(octets: bytes) -> None:
    """Records and fields of DKIM, ARC, DMARC and SPF."""
    with contextlib.suppress(SignatureError):
        read_signature(b"DKIM-Signature", octets, tags_of(octets))
    without_signature(octets)
    with contextlib.suppress(TagListError, UnusableKeyError):
        read_record(read_tags(octets), wanted="ed25519-sha256")
    parse_record(octets)
    parse_consent(octets)
    with contextlib.suppress(spf_record.RecordError):
        spf_record.parse(octets)
    with contextlib.suppress(SignatureError):
        arc._read(octets)


def html(octets: bytes) -> None:
    """HTML as text, with what is hidden and without."""
    source = octets.decode("utf-8", "replace")
    for include_hidden in (False, True):
        html_to_text(source, include_hidden=include_hidden).encode("utf-8")


_DKIM: Final = (
    b" v=1; a=rsa-sha256; c=relaxed/simple; d=example.org; s=sel;\r\n t=1; x=2; l=3; q=dns/txt;"
    b" h=from:to:subject; bh=MTIz; b=AbCd==; i=@example.org"
)
_MESSAGE: Final = (
    b"Received: from a (b [192.0.2.1]) by c; Mon, 2 Feb 2026 10:00:00 +0100\r\n"
    b'From: "Ann, A." <ann@outside.test>\r\nTo: team: bob@here.test, =?utf-8?q?J=C3=B6?= <j@x.test>;\r\n'
    b"Date: Mon, 2 Feb 2026 10:00:00 +0100 (CET)\r\nMessage-ID: <1@outside.test>\r\n"
    b"References: <0@outside.test> <1@x>\r\nSubject: =?iso-8859-1?b?R3L832U=?=\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b; name*0*=utf-8''a%20; name*1=b\r\n"
    b"\r\nfor old readers\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A4<br>x</p>\r\n--b\r\n"
    b"Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\nIn.\r\n--b\r\n"
    b'Content-Disposition: attachment; filename="a.bin"\r\nContent-Transfer-Encoding: base64\r\n\r\n'
    b"AAECAw==\r\n--b--\r\nafter\r\n"
)
_ARC: Final = (
    b"ARC-Seal: i=1; a=rsa-sha256; t=1; cv=none; d=x.test; s=s; b=AA==\r\n"
    b"ARC-Message-Signature: i=1; a=rsa-sha256; d=x.test; s=s; h=from; bh=AA==; b=AA==\r\n"
    b"ARC-Authentication-Results: i=1; x.test; dmarc=pass header.from=x.test\r\n\r\nHello.\r\n"
)

TARGETS: Final[Mapping[str, Target]] = {
    "imap": Target(
        run=imap,
        seeds=(
            b"imap://mia%40here.test@h:993/INBOX;UIDVALIDITY=3/;UID=20/;SECTION=1.MIME/;PARTIAL=0.9",
            b"/Drafts/;uid=1/;section=header.fields%20(to)",
            b"\xffa FETCH 1:*,$ (UID FLAGS BODY.PEEK[1.2.HEADER.FIELDS (From {2+}\r\nTo)]<0.10>)\r\n",
            b'\x01a UID SEARCH RETURN (MIN SAVE) CHARSET UTF-8 OR (NOT FROM "x\\"y") SENTSINCE 1-Feb-2026\r\n',
            b'\x02a APPEND &AOk-/x (\\Seen k) " 1-Feb-2026 10:00:00 +0100" UTF8 (~{3+}\r\nabc)\r\n',
            b'\x03a LIST (SUBSCRIBED) "" (a% b*) RETURN (STATUS (MESSAGES) METADATA (DEPTH 1) (/a/b))\r\n',
            b'\x04a SELECT "INBOX" (QRESYNC (1 2 1:3 (1:2 3:4)) CONDSTORE)\r\nb STORE 1 (UNCHANGEDSINCE 3) +FLAGS.SILENT x\r\n',
            b"\x05a UID SORT RETURN (COUNT) (REVERSE DATE) UTF-8 ALL\r\nb THREAD REFERENCES UTF-8 1:2\r\n",
            b'\x06a SETMETADATA "" (/private/x ~{2+}\r\nab /shared/y NIL)\r\nb GETMETADATA (MAXSIZE 9) a /x\r\n',
            b'\x07a ID ("name" NIL)\r\nb AUTHENTICATE PLAIN =\r\nc ENABLE QRESYNC\r\nd LOGIN {1+}\r\nx {3}\r\n',
        ),
        words=tuple(
            b"FETCH|STORE|SEARCH|UID |SORT|THREAD|LIST|STATUS|APPEND|RETURN (|CHARSET |BODY[|HEADER.FIELDS ("
            b"|BINARY[|\\Seen|{1+}\r\n|~{1+}\r\n|1:*|$|INBOX|&AOk-|QRESYNC|CHANGEDSINCE |OR |NOT |NIL|REPLACE"
            b"|CATENATE (|URL |TEXT |NOTIFY SET |METADATA|DEPTH |ESEARCH IN (|PARTIAL |UPDATE|subtree |mailboxes ".split(
                b"|"
            )
        ),
    ),
    "mime": Target(
        run=mime,
        seeds=(_MESSAGE, _ARC, b"", b"\r\n", b"a\r\n\r\n--b"),
        words=tuple(
            b"Content-Type: |multipart/mixed; boundary=|message/rfc822|text/html|--b\r\n|--b--\r\n|base64|quoted-printable"
            b"|charset=|filename*=|=?utf-8?b?|\r\n\r\n|utf-16|iso-2022-jp|format=flowed".split(b"|")
        ),
    ),
    "smtp": Target(
        run=smtp,
        seeds=(
            b"FROM:<ann@outside.test> SIZE=10 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb HOLDFOR=60\r\n",
            b'TO:<@a.test,@b.test:"x y"@[192.0.2.1]> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;a+40b\r\n100 LAST\r\n',
            b"FROM:<> HOLDUNTIL=2026-02-01T10:00:00Z REQUIRETLS AUTH=<>\r\nTO:<Postmaster>\r\nmail.example.org",
            b"n,a=x,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
            b"AHVzZXIAcGFzcw==",
        ),
        words=(
            b"FROM:<",
            b"TO:<",
            b"SIZE=",
            b"NOTIFY=",
            b"ORCPT=",
            b"[IPv6:",
            b"xn--",
            b'"',
            b"+2B",
        ),
    ),
    "fields": Target(
        run=fields,
        seeds=(_MESSAGE, b"A: b\n c\n\nbody", b'To: (c (d)) <a@b>, g: ;, "q\\""@x.test\r\n\r\n'),
        words=(
            b"=?utf-8?q?",
            b"=?utf-8?b?",
            b"?=",
            b"<",
            b">",
            b"(",
            b")",
            b'"',
            b"\\",
            b"; a*0*=",
            b"%20",
        ),
    ),
    "signatures": Target(
        run=signatures,
        seeds=(
            _DKIM,
            b"v=DKIM1; k=ed25519; p=11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=; t=s:y; s=email",
            b"v=DMARC1; p=reject; sp=none; np=quarantine; adkim=s; psd=n; rua=mailto:a@b.test!10m",
            b"v=spf1 ip4:192.0.2.0/24 ip6:2001:db8::/32 a:%{d2r-}.x mx/24//64 include:y.test ?all redirect=z",
            _ARC,
        ),
        words=(
            b"v=1;",
            b"bh=",
            b"b=",
            b"c=relaxed/",
            b"%{i}",
            b"exists:",
            b"ARC-Seal: i=",
            b"cv=pass",
        ),
    ),
    "html": Target(
        run=html,
        seeds=(
            b"<html><head><title>t</title><style>p{}</style></head><body><p hidden>a<p>b<br>c&amp;&#x41;</body>",
            b"<table><tr><td>a</td><td style='display:none'>b</td></tr></table><ul><li>x<li>y</ul><pre> z\n</pre>",
            b"<a href='http://x.test/'>link</a><!-- c --><![CDATA[d]]><script>e</script><img alt=f><blockquote>g",
        ),
        words=(
            b"<div>",
            b"</div>",
            b"<p",
            b"<!--",
            b"-->",
            b"&#",
            b"<td>",
            b"style='",
            b"<svg>",
            b"<template>",
        ),
    ),
}
