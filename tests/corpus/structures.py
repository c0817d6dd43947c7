"""MIME that is truncated, nested, cyclic, unterminated, oversized or contradicts itself."""

import base64
from collections.abc import Iterator

from tests.corpus.case import Case, bare, letter, multipart, parts

TEXT = "Content-Type: text/plain\n\nInside.\n"
PAGE = "Content-Type: text/html\n\n<p>Inside.</p>\n"
PICTURE = "Content-Type: image/png\nContent-Transfer-Encoding: base64\n\niVBORw0KGgo=\n"


def structures() -> Iterator[Case]:
    """All of them."""
    yield from _boundaries()
    yield from _nested()
    yield from _embedded()
    yield from _many()
    yield from _truncated()
    yield from _types()


def _boundaries() -> Iterator[Case]:
    yield multipart("boundary never appears", "Nothing here.\n")
    yield multipart("boundary never closed", f"--b\n{TEXT}--b\n{PAGE}")
    yield multipart("boundary closed at once", "--b--\n")
    yield multipart("boundary opened at the end", "Text.\n--b")
    yield multipart("boundary closed twice", parts(TEXT) + parts(PAGE))
    yield multipart("boundary with text around", "before\n" + parts(TEXT) + "after\n")
    yield multipart("boundary with spaces behind", f"--b   \n{TEXT}\n--b--   \n")
    yield multipart("boundary as a prefix", f"--b\n{TEXT}--bb\n{PAGE}--b--\n")
    yield multipart("boundary in a line", f"--b\n{TEXT}x --b\n{PAGE}--b--\n")
    yield multipart("boundary of one dash", "---\n" + TEXT + "-----\n", boundary="-")
    yield multipart("boundary of seventy", parts(TEXT, boundary="x" * 70), boundary="x" * 70)
    yield multipart("boundary far too long", parts(TEXT, boundary="x" * 900), boundary="x" * 900)
    yield multipart(
        "boundary with odd signs",
        parts(TEXT, boundary="a'()+_,-./:=? b"),
        boundary="a'()+_,-./:=? b",
    )
    yield multipart("boundary with letters beyond", parts(TEXT, boundary="grün"), boundary="grün")
    yield letter("boundary missing", parts(TEXT), "Content-Type: multipart/mixed")
    yield letter("boundary empty", "--\n\nx\n----\n", 'Content-Type: multipart/mixed; boundary=""')
    yield letter("boundary unquoted", parts(TEXT), "Content-Type: multipart/mixed; boundary=b")
    yield letter("boundary quote open", parts(TEXT), 'Content-Type: multipart/mixed; boundary="b')
    yield letter(
        "boundary given twice", parts(TEXT), "Content-Type: multipart/mixed; boundary=c; boundary=b"
    )
    yield letter(
        "boundary in pieces",
        parts(TEXT, boundary="bcd"),
        "Content-Type: multipart/mixed; boundary*0=b; boundary*1=cd",
    )
    yield letter(
        "boundary percent", parts(TEXT), "Content-Type: multipart/mixed; boundary*=utf-8''%62"
    )


def _nested() -> Iterator[Case]:
    for depth in (5, 49, 50, 51, 200, 1000):
        body = "".join(
            f"--b{one}x\nContent-Type: multipart/mixed; boundary=b{one + 1}x\n\n"
            for one in range(depth)
        )
        closing = "".join(f"--b{one}x--\n" for one in reversed(range(depth)))
        yield multipart(
            f"nested {depth} deep",
            body + f"--b{depth}x\n{TEXT}--b{depth}x--\n" + closing,
            boundary="b0x",
        )
        yield multipart(f"nested {depth} deep and open", body, boundary="b0x")
    same = "--b\nContent-Type: multipart/mixed; boundary=b\n\n"
    yield multipart("nested with the same boundary", same * 30 + f"--b\n{TEXT}--b--\n")
    inner = (
        f'Content-Type: multipart/alternative; boundary="i"\n\n{parts(TEXT, PAGE, boundary="i")}'
    )
    yield multipart("nested alternative", parts(inner, PICTURE))
    yield multipart("nested related", parts(PAGE, PICTURE), kind="related")
    yield multipart(
        "nested inner ends outer",
        f'--b\nContent-Type: multipart/mixed; boundary="i"\n\n--i\n{TEXT}--b--\n{PAGE}',
    )
    yield multipart(
        "nested inner never ends",
        parts(f'Content-Type: multipart/mixed; boundary="i"\n\n--i\n{TEXT}', PAGE),
    )
    yield multipart(
        "nested in base64",
        parts(
            "Content-Type: multipart/mixed; boundary=i\nContent-Transfer-Encoding: base64\n\nLS1pDQoNCngNCi0taS0t\n"
        ),
    )


def _embedded() -> Iterator[Case]:
    whole = "Content-Type: message/rfc822\n\nFrom: x@y.example\nSubject: inner\n\nHello.\n"
    yield multipart("message inside", parts(TEXT, whole))
    yield multipart(
        "message inside a digest",
        parts("\nFrom: x@y.example\n\nOne.\n", "\nFrom: z@y.example\n\nTwo.\n"),
        kind="digest",
    )
    for depth in (3, 60, 400):
        yield letter(
            f"message in message {depth}",
            "Content-Type: message/rfc822\n\n" * depth + "\nEnd.\n",
            "Content-Type: message/rfc822",
        )
    yield letter("message that is empty", "", "Content-Type: message/rfc822")
    yield letter("message without a header", "\nonly a body\n", "Content-Type: message/rfc822")
    encoded = base64.encodebytes(b"From: x@y.example\r\n\r\nHello.\r\n").decode()
    yield letter(
        "message in base64",
        encoded,
        "Content-Type: message/rfc822",
        "Content-Transfer-Encoding: base64",
    )
    yield letter(
        "message partial", "Half of", 'Content-Type: message/partial; number=1; total=3; id="x@y"'
    )
    yield letter(
        "message external body",
        "\nContent-Type: image/gif\n",
        'Content-Type: message/external-body; access-type=url; url="http://example.com/"',
    )
    yield letter(
        "message for the world",
        "From: jörg@exämple.example\nSubject: Grüße\n\nHallo.\n",
        "Content-Type: message/global",
    )
    yield letter("message http", "GET / HTTP/1.1\nHost: x\n", "Content-Type: message/http")


def _many() -> Iterator[Case]:
    for count in (1_000, 10_000, 20_000):
        yield multipart(f"parts {count}", "--b\n\nx\n" * count + "--b--\n")
    yield multipart("parts empty", "--b\n" * 3_000)
    yield multipart("parts only header", "--b\nContent-Type: text/plain\n" * 500 + "--b--\n")
    yield multipart(
        "parts of attachments",
        parts(
            *[f"Content-Disposition: attachment; filename=f{one}.txt\n\nx\n" for one in range(800)]
        ),
    )
    yield multipart(
        "parts of messages", parts(*["Content-Type: message/rfc822\n\nSubject: x\n\ny\n"] * 600)
    )
    yield multipart("parts of alternatives", parts(*[TEXT] * 300), kind="alternative")
    yield multipart(
        "parts without parts", parts(*["Content-Type: multipart/mixed; boundary=none\n\nx\n"] * 300)
    )


def _truncated() -> Iterator[Case]:
    whole = multipart(
        "cut",
        parts(
            f'Content-Type: multipart/alternative; boundary="i"\n\n{parts(TEXT, PAGE, boundary="i")}',
            'Content-Type: application/pdf; name="a.pdf"\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n',
            "Content-Type: message/rfc822\n\nFrom: x@y.example\nSubject: inner\n\nHello.\n",
        ),
    ).raw
    for number, end in enumerate(range(20, len(whole), 23)):
        raw = whole[:end].removesuffix(b"\r")
        yield Case(name=f"cut {number}", raw=raw + b"\r\n")


def _types() -> Iterator[Case]:
    values = (
        "", ";", "/", "text", "text/", "/plain", "text/plain/extra", "text plain", "TEXT/PLAIN", "text/plain;",
        "text/plain; charset", "text/plain; charset=", 'text/plain; charset="', "text/plain; =x", "text/plain; ;;;",
        "text/plain (a comment (nested))", "text/plain; charset=utf-8 (comment)", "multipart/", "multipart", "x/y", "*/*",
        'text/plain; name="a\\"b.txt"', "text/plain; charset=utf-8; charset=latin1", "text/html; charset=\0", "image/svg+xml",
        "application/" + "x" * 3000, "text/plain; " + "a=b; " * 2000, "(only a comment)", "text/\x7f", "tëxt/plain",
    )  # fmt: skip
    for number, value in enumerate(values):
        yield letter(f"type {number}", "<b>Body</b>\n", f"Content-Type: {value}")
    yield letter(
        "type twice",
        "Body\n",
        "Content-Type: text/plain",
        "Content-Type: multipart/mixed; boundary=b",
    )
    yield bare("type and nothing else", "Body\n", "Content-Type: text/plain")
