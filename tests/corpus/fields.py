"""Headers: floods, addresses and dates of every kind, octets where letters should be, none at all."""

from collections.abc import Iterator

from tests.corpus.case import TO, Case, bare, ended, letter

ADDRESSES = (
    "", "<>", "ann", "@", "@b.example", "ann@", "<ann@b.example", "ann@b.example>", "ann@b@c.example", "ann b.example",
    '"ann b"@c.example', '"ann\\"b"@c.example', '"<>"@c.example', '"@"@c.example', '""@c.example', "ann+tag@b.example",
    "ann.@b.example", ".ann@b.example", "a..b@c.example", "ann@[192.0.2.1]", "ann@[IPv6:2001:db8::1]", "ann@-b.example",
    "ann@b..example", "ann@b", "ann@xn--bcher-kva.example", "jörg@bücher.example", "用户@例子.example", "Ann Lee <ann@b.example>",
    '"Lee, Ann" <ann@b.example>', "Lee, Ann <ann@b.example>", "Ann (the boss) Lee <ann@b.example>", "(only a comment)",
    "ann@b.example (Ann)", "Ann <ann@b.example> trailing", "<ann@b.example> <bob@c.example>", "Group: a@b.example, c@d.example;",
    "undisclosed-recipients:;", "Group: ;, other@b.example", "Group: a@b.example", "<@relay.example:ann@b.example>",
    "=?utf-8?q?J=C3=B6rg?= <j@b.example>", "=?utf-8?q?=22Lee=2C?= Ann <a@b.example>", "=?utf-8?b?8J+YgA==?= <a@b.example>",
    "ann@b.example, , ,, bob@c.example", "ann@b.example; bob@c.example", "mailto:ann@b.example", "Ann <mailto:ann@b.example>",
    "x" * 400 + "@b.example", "a@" + "x." * 400 + "example", '"' * 500, "(" * 2000, "<" * 2000, "a@b.example," * 3000,
    "\\" * 500, '"Ann\\', "Ann <ann @ b . example>", "ann%b.example@c.example", "b.example!ann", "root", "Ann\tLee <ann@b.example>",
    "\x01\x02 <ann@b.example>", "\u202emoc.elpmaxe@nna <a@b.example>", "Аnn <ann@b.example>", "ann@b.example\0", "🙂 <a@b.example>",
)  # fmt: skip
"""What stands in From: legal, once legal, and never legal."""

DATES = (
    "", "yesterday", "Fri, 20 Nov 2026 10:00:00 +0000", "20 Nov 26 10:00 EST", "Fri, 31 Feb 2026 10:00:00 +0000",
    "Fri, 20 Nov 0000 10:00:00 +0000", "Fri, 20 Nov 99999 10:00:00 +0000", "Fri, 20 Nov 2026 25:61:61 +0000",
    "Fri, 20 Nov 2026 10:00:00 +9999", "Fri, 20 Nov 2026 10:00:00 -0000", "Fri, 20 Nov 2026 10:00:00", "2026-11-20T10:00:00Z",
    "Fri, 20 Nov 2026 23:59:60 +0000", "1 Jan 1970 00:00:00 GMT", "31 Dec 1899 00:00:00 GMT", "Fr, 20. November 2026 10:00 MEZ",
    "Fri, 20 Nov 2026 10:00:00 +0000 (a (nested) comment)", "20/11/2026", "-1", "9" * 3000, "Fri Nov 20 10:00:00 2026",
    "Fri,20 Nov 2026 10:00:00 +0000", "Fri, 20 Nov 2026 10:00:00 Z", "Fri, 20 Nov 2026 10:00:00 XYZ", "(" * 1000,
)  # fmt: skip


def fields() -> Iterator[Case]:
    """All of them."""
    for number, value in enumerate(ADDRESSES):
        yield bare(
            f"sender {number}",
            "Hello.\n",
            f"From: {value}",
            f"To: {value}",
            f"Cc: {value}",
            f"Reply-To: {value}",
            f"Subject: sender {number}",
        )
    for number, value in enumerate(DATES):
        yield letter(f"date {number}", "Hello.\n", f"Date: {value}")
    yield from _floods()
    yield from _shapes()
    yield from _identifiers()


def _floods() -> Iterator[Case]:
    yield letter("flood of fields", "x\n", *[f"X-Field-{one}: value" for one in range(12_000)])
    yield letter("flood of one field", "x\n", *["X-Same: value"] * 9_000)
    yield letter("flood of subjects", "x\n", *[f"Subject: {one}" for one in range(500)])
    yield letter("flood of senders", "x\n", *[f"From: s{one}@b.example" for one in range(500)])
    yield letter("flood of types", "x\n", *["Content-Type: text/html"] * 500)
    yield letter("flood of folding", "x\n", "X-Long: a" + "\n a" * 20_000)
    yield letter("flood in one line", "x\n", "X-Long: " + "a" * 900_000)
    yield letter("flood of a subject", "x\n", "Subject: " + "a" * 60_000)
    yield letter("flood of encoded words", "x\n", "Subject: " + "=?utf-8?q?a?= " * 10_000)
    yield letter("flood of half words", "x\n", "Subject: " + "=?utf-8?q?" * 10_000)
    yield letter("flood of references", "x\n", "References: " + "<a@b.example> " * 10_000)
    yield letter("flood of angle brackets", "x\n", "References: " + "<" * 50_000)
    yield letter(
        "flood of recipients",
        "x\n",
        "Cc: " + ", ".join(f"r{one}@b.example" for one in range(5_000)),
    )
    yield letter("flood of comments", "x\n", "From: " + "(" * 10_000 + ")" * 10_000)
    pieces = "; ".join(f"filename*{one}*=%41" for one in range(5_000))
    yield letter("flood of name pieces", "x\n", f"Content-Disposition: attachment; {pieces}")
    yield letter(
        "flood of the same piece",
        "x\n",
        "Content-Disposition: attachment; " + "filename*0=a; " * 5_000,
    )
    yield letter(
        "flood of far pieces", "x\n", "Content-Type: text/plain; name*999999999999=a; name*0=b"
    )
    yield letter(
        "flood of percent",
        "x\n",
        "Content-Disposition: attachment; filename*=utf-8''" + "%41" * 20_000,
    )
    yield letter(
        "flood of parameters",
        "x\n",
        "Content-Type: text/plain; " + "; ".join(f"p{one}=v" for one in range(5_000)),
    )
    yield letter(
        "flood of dkim",
        "x\n",
        *["DKIM-Signature: v=1; a=rsa-sha256; d=b.example; s=s; h=From; bh=x; b=y"] * 100,
    )
    yield letter(
        "flood of results", "x\n", *["Authentication-Results: other.example; dmarc=pass"] * 300
    )
    yield letter(
        "flood of arc",
        "x\n",
        *[
            f"ARC-Seal: i={one}; a=rsa-sha256; cv=pass; d=b.example; s=s; b=x"
            for one in range(1, 60)
        ],
    )


def _shapes() -> Iterator[Case]:
    raws: dict[str, bytes] = {
        "nothing": b"\r\n",
        "only empty lines": b"\r\n\r\n\r\n\r\n",
        "no header": b"no header at all, only this line\r\n",
        "only a header": f"From: a@b.example\r\nTo: {TO}\r\nSubject: only a header\r\n".encode(),
        "only one field": b"Subject: alone\r\n",
        "starts with a space": b" continued\r\nFrom: a@b.example\r\n\r\nx\r\n",
        "starts with an empty line": b"\r\nFrom: a@b.example\r\n\r\nx\r\n",
        "mbox line": b"From a@b Fri Nov 20 10:00:00 2026\r\nFrom: a@b.example\r\n\r\nx\r\n",
        "garbage between fields": b"From: a@b.example\r\ngarbage\r\nSubject: after\r\n\r\nx\r\n",
        "empty name": b": value\r\nFrom: a@b.example\r\n\r\nx\r\n",
        "space before the colon": b"From : a@b.example\r\nSubject : s\r\n\r\nx\r\n",
        "no space after the colon": b"From:a@b.example\r\nSubject:s\r\n\r\nx\r\n",
        "space in the name": b"My Field: x\r\nFrom: a@b.example\r\n\r\nx\r\n",
        "line of spaces": b"From: a@b.example\r\n   \r\nSubject: s\r\n\r\nx\r\n",
        "latin1 in a header": b"From: J\xf6rg <a@b.example>\r\nSubject: Gr\xfc\xdfe\r\n\r\nx\r\n",
        "broken utf-8 in a header": b"From: \xff\xfe\xc3 <a@b.example>\r\nSubject: \xe2\x82\r\n\r\nx\r\n",
        "nul in a header": b"From: a@b.example\r\nSubject: a\0b\r\n\r\nx\r\n",
        "nul in a name": b"From: a@b.example\r\nSub\0ject: s\r\n\r\nx\r\n",
        "nul in the body": b"From: a@b.example\r\n\r\na\0b\r\n",
        "only nul": b"\0" * 5000 + b"\r\n",
        "control characters": b"From: a@b.example\r\nSubject: " + bytes([*range(1, 10), 11, 12, *range(14, 32)]) + b"\r\n\r\nx\r\n",
        "every octet": b"From: a@b.example\r\n\r\n" + bytes([*range(10), 11, 12, *range(14, 256)]) * 20 + b"\r\n",
        "long line": b"From: a@b.example\r\n\r\n" + b"x" * 1_000_000 + b"\r\n",
        "lines of dots": b"From: a@b.example\r\n\r\n.\r\n..\r\n.x\r\n...\r\n",
        "ends in dots": b"From: a@b.example\r\n\r\nx\r\n.\r\n",
        "lone line feeds": b"From: a@b.example\nSubject: unix\n\nx\n",
        "lone carriage returns": b"From: a@b.example\rSubject: old mac\r\rx\r\n",
        "mixed line ends": b"From: a@b.example\r\nSubject: mixed\n\r\nx\r\r\n\n",
        "utf-16": "From: a@b.example\r\n\r\nx".encode("utf-16"),
        "byte order mark": b"\xef\xbb\xbfFrom: a@b.example\r\nSubject: s\r\n\r\nx\r\n",
        "a zip": b"PK\x03\x04" + bytes([*range(14, 256)]) * 10 + b"\r\n",
    }  # fmt: skip
    for name, raw in raws.items():
        yield Case(name=name, raw=ended(raw))


def _identifiers() -> Iterator[Case]:
    values = (
        "",
        "<>",
        "none",
        "<a@b",
        "a@b>",
        "<a b@c>",
        "<<a@b>>",
        "<a@b> <c@d>",
        "<" + "x" * 5000 + "@b>",
        "<ä@b>",
        '<"a b"@c>',
        "<a@b@c>",
        "<a>",
    )
    for number, value in enumerate(values):
        yield bare(
            f"id {number}",
            "x\n",
            "From: a@b.example",
            f"Message-ID: {value}",
            f"In-Reply-To: {value}",
            f"References: {value}",
            f"Subject: id {number}",
        )
    yield bare(
        "id answers itself",
        "x\n",
        "From: a@b.example",
        "Message-ID: <self@b.example>",
        "In-Reply-To: <self@b.example>",
        "References: <self@b.example>",
    )
    yield bare(
        "id in a circle 1",
        "x\n",
        "From: a@b.example",
        "Message-ID: <c1@b.example>",
        "In-Reply-To: <c2@b.example>",
    )
    yield bare(
        "id in a circle 2",
        "x\n",
        "From: a@b.example",
        "Message-ID: <c2@b.example>",
        "In-Reply-To: <c1@b.example>",
    )
