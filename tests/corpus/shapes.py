"""Mail as programs, companies and people send it: written by hand after the shapes of the real thing."""

import base64
from collections.abc import Iterator

from tests.corpus.case import TO, Case, bare, letter, multipart, parts

TEXT = "Content-Type: text/plain; charset=utf-8\n\nThe lamps come on Tuesday.\n"
PAGE = "Content-Type: text/html; charset=utf-8\n\n<html><body><p>The lamps come on <b>Tuesday</b>.</p></body></html>\n"
LOGO = "Content-Type: image/png; name=logo.png\nContent-Transfer-Encoding: base64\nContent-ID: <logo@x>\nContent-Disposition: inline\n\niVBORw0KGgo=\n"
EVENT = (
    "BEGIN:VCALENDAR\nVERSION:2.0\nMETHOD:{method}\nBEGIN:VEVENT\nUID:1@corpus.example\n"
    "DTSTART;TZID=Europe/Berlin:20261201T100000\nSUMMARY:Lamps\nORGANIZER:mailto:a@b.example\n"
    "ATTENDEE;PARTSTAT=NEEDS-ACTION:mailto:mia@example.org\nEND:VEVENT\nEND:VCALENDAR\n"
)


def shapes() -> Iterator[Case]:
    """All of them."""
    yield from _programs()
    yield from _signed()
    yield from _calendars()
    yield from _reports()
    yield from _lists()
    yield from _answers()
    yield from _pages()
    yield from _files()


def _nest(kind: str, boundary: str, *several: str) -> str:
    return f'Content-Type: multipart/{kind}; boundary="{boundary}"\n\n{parts(*several, boundary=boundary)}'


def _programs() -> Iterator[Case]:
    outlook = "<html xmlns:o='urn:schemas-microsoft-com:office:office'><head><!--[if gte mso 9]><xml><o:x/></xml><![endif]--><style>p.MsoNormal{margin:0}</style></head><body lang=EN-US><div class=WordSection1><p class=MsoNormal>The lamps come.<o:p></o:p></p></div></body></html>\n"
    yield letter(
        "outlook",
        f"--_000_X_\n{TEXT}--_000_X_\nContent-Type: text/html; charset=us-ascii\nContent-Transfer-Encoding: quoted-printable\n\n{outlook.replace('=', '=3D')}--_000_X_--\n",
        'Content-Type: multipart/alternative;\n\tboundary="_000_X_"',
        "Thread-Topic: Lamps",
        "Thread-Index: AdpXYZ==",
        "X-MS-Has-Attach: yes",
        "Accept-Language: en-US",
        "X-MS-TNEF-Correlator:",
    )
    yield multipart(
        "apple mail", parts(TEXT, _nest("related", "r", PAGE, LOGO)), kind="alternative"
    )
    yield multipart("apple inline picture", parts(TEXT, LOGO, TEXT))
    yield letter(
        "apple flowed",
        "The lamps \ncome on \nTuesday.\n\n>> one \n>> two\n",
        "Content-Type: text/plain; charset=us-ascii; format=flowed; delsp=yes",
        "Mime-Version: 1.0 (Mac OS X Mail 16.0)",
    )
    yield multipart(
        "gmail",
        parts(
            TEXT,
            'Content-Type: text/html; charset="UTF-8"\n\n<div dir="ltr">The lamps come.<div class="gmail_quote"><div class="gmail_attr">On Fri, Nov 20, 2026 Mia wrote:<br></div><blockquote class="gmail_quote">When?</blockquote></div></div>\n',
        ),
        kind="alternative",
        boundary="000000000000abcdef",
    )
    yield multipart(
        "thunderbird",
        parts(
            TEXT,
            PAGE,
            "Content-Type: text/plain; name=\"=?UTF-8?Q?Gr=C3=BC=C3=9Fe=2Etxt?=\"\nContent-Disposition: attachment;\n filename*0*=UTF-8''%47%72%C3%BC;\n filename*1*=%C3%9F%65%2E%74%78%74\n\nx\n",
        ),
        boundary="------------0x",
    )
    yield letter(
        "phone",
        "Come at noon\n\nSent from a phone\n",
        "Content-Type: text/plain; charset=utf-8",
        "Content-Transfer-Encoding: base64",
    )
    yield letter(
        "mutt",
        "The lamps come.\n\n-- \nAnn\n",
        "Content-Disposition: inline",
        "User-Agent: Mutt/2.2",
        "X-Face: " + "!" * 200,
    )
    yield bare(
        "cron",
        "backup: 0 errors\n",
        "From: root (Cron Daemon)",
        "To: root",
        "Subject: Cron <root@host> /bin/backup",
        "Auto-Submitted: auto-generated",
    )
    yield letter(
        "scanner",
        parts(
            TEXT,
            "Content-Type: application/pdf\nContent-Disposition: attachment; filename=scan.pdf\nContent-Transfer-Encoding: base64\n\nJVBERi0xLjQK\n",
            boundary="=_scan",
        ),
        "Content-Type: multipart/mixed;boundary==_scan",
    )
    yield letter("old mainframe", "THE LAMPS COME.\n", "Date: 20 Nov 26 1000 EST", "X-Mailer: none")
    yield letter(
        "notes",
        "x\n",
        "$MessageID: <x@y>",
        "X-MIMETrack: Serialize by Router on host/Acme(Release 9)",
    )


def _signed() -> Iterator[Case]:
    yield letter(
        "pgp inline",
        "-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n\nThe lamps come.\n-----BEGIN PGP SIGNATURE-----\n\niQEzBAEBCAAdFiEE\n=abcd\n-----END PGP SIGNATURE-----\n",
    )
    yield letter(
        "pgp mime",
        parts(
            TEXT,
            "Content-Type: application/pgp-signature; name=signature.asc\n\n-----BEGIN PGP SIGNATURE-----\n\niQEz\n-----END PGP SIGNATURE-----\n",
        ),
        'Content-Type: multipart/signed; micalg=pgp-sha256; protocol="application/pgp-signature"; boundary=b',
    )
    yield letter(
        "pgp encrypted",
        parts(
            "Content-Type: application/pgp-encrypted\n\nVersion: 1\n",
            "Content-Type: application/octet-stream; name=encrypted.asc\n\n-----BEGIN PGP MESSAGE-----\n\nhQEM\n-----END PGP MESSAGE-----\n",
        ),
        'Content-Type: multipart/encrypted; protocol="application/pgp-encrypted"; boundary=b',
    )
    yield letter(
        "smime signed",
        parts(
            TEXT,
            'Content-Type: application/pkcs7-signature; name="smime.p7s"\nContent-Transfer-Encoding: base64\n\nMIIGBwYJKoZIhvcNAQcC\n',
        ),
        'Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary=b',
    )
    yield letter(
        "smime opaque",
        "MIIGBwYJKoZIhvcNAQcC\n",
        'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
        "Content-Transfer-Encoding: base64",
    )
    yield letter(
        "autocrypt",
        "Hello.\n",
        "Autocrypt: addr=a@b.example; prefer-encrypt=mutual; keydata=\n mQENBFX" + "\n A" * 300,
    )
    tnef = base64.encodebytes(
        b"\x78\x9f\x3e\x22\x01\x00\x01\x90\x08\x00\x04\x00" + bytes(200)
    ).decode()
    yield multipart(
        "tnef",
        parts(
            TEXT,
            f'Content-Type: application/ms-tnef; name="winmail.dat"\nContent-Transfer-Encoding: base64\n\n{tnef}',
        ),
    )
    yield letter(
        "tnef alone",
        tnef,
        'Content-Type: application/ms-tnef; name="winmail.dat"',
        "Content-Transfer-Encoding: base64",
    )
    yield letter(
        "protected headers",
        parts('Content-Type: text/plain; protected-headers="v1"\nSubject: The real one\n\nx\n'),
        "Content-Type: multipart/mixed; boundary=b",
    )


def _calendars() -> Iterator[Case]:
    for method in ("REQUEST", "REPLY", "CANCEL", "COUNTER"):
        event = EVENT.format(method=method)
        yield multipart(
            f"calendar {method.lower()}",
            parts(TEXT, f"Content-Type: text/calendar; charset=utf-8; method={method}\n\n{event}"),
            kind="alternative",
        )
    yield letter(
        "calendar alone",
        EVENT.format(method="REQUEST"),
        "Content-Type: text/calendar; method=REQUEST",
    )
    yield letter(
        "calendar open", "BEGIN:VCALENDAR\nBEGIN:VEVENT\n" * 500, "Content-Type: text/calendar"
    )
    yield multipart(
        "calendar file",
        parts(
            TEXT,
            f"Content-Type: application/ics; name=invite.ics\nContent-Disposition: attachment\n\n{EVENT}",
        ),
    )
    yield multipart(
        "contact",
        parts(
            TEXT,
            "Content-Type: text/vcard; name=ann.vcf\n\nBEGIN:VCARD\nVERSION:4.0\nFN:Ann\nEND:VCARD\n",
        ),
    )


def _reports() -> Iterator[Case]:
    head = "From: MAILER-DAEMON@b.example\nSubject: inner\nMessage-ID: <lost@example.org>\n\n"
    states = (
        "Action: failed\nStatus: 5.1.1",
        "Action: delayed\nStatus: 4.4.1",
        "Action: relayed\nStatus: 2.1.5",
        "Action: none",
        "Status: x.y.z",
    )
    for number, state in enumerate(states):
        status = f"Reporting-MTA: dns; mx.b.example\n\nFinal-Recipient: rfc822; x@b.example\n{state}\nDiagnostic-Code: smtp; 550 no\n"
        yield letter(
            f"report {number}",
            parts(
                TEXT,
                f"Content-Type: message/delivery-status\n\n{status}",
                f"Content-Type: message/rfc822\n\n{head}x\n",
            ),
            "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
            sender="MAILER-DAEMON@b.example",
        )
    yield letter(
        "report of headers",
        parts(
            TEXT,
            "Content-Type: message/delivery-status\n\n",
            f"Content-Type: text/rfc822-headers\n\n{head}",
        ),
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    )
    yield letter(
        "report without parts",
        "",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    )
    yield letter(
        "report of recipients",
        parts(
            TEXT,
            "Content-Type: message/delivery-status\n\nReporting-MTA: dns; x\n"
            + "\nFinal-Recipient: rfc822; x@b.example\nAction: failed\n" * 3_000,
        ),
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
    )
    yield letter(
        "receipt",
        parts(
            TEXT,
            "Content-Type: message/disposition-notification\n\nFinal-Recipient: rfc822; a@b.example\nDisposition: manual-action/MDN-sent-manually; displayed\n",
        ),
        "Content-Type: multipart/report; report-type=disposition-notification; boundary=b",
    )
    yield letter(
        "complaint",
        parts(
            TEXT,
            "Content-Type: message/feedback-report\n\nFeedback-Type: abuse\nUser-Agent: x/1\nVersion: 1\n",
            f"Content-Type: message/rfc822\n\n{head}x\n",
        ),
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b",
    )
    yield letter(
        "bounce in prose",
        "Hi. This is the program at b.example.\nI could not deliver your message.\n<x@b.example>: no such user\n",
        sender="MAILER-DAEMON@b.example",
    )
    yield letter(
        "out of office",
        "I am away until Monday.\n",
        "Auto-Submitted: auto-replied",
        "X-Autoreply: yes",
        "Precedence: bulk",
    )
    yield letter(
        "dmarc report",
        "UEsDBA==\n",
        'Content-Type: application/zip; name="b.example!example.org!1!2.zip"',
        "Content-Transfer-Encoding: base64",
    )
    yield letter(
        "tls report",
        parts(
            "Content-Type: application/tlsrpt+gzip\nContent-Transfer-Encoding: base64\n\nH4sIAAAA\n"
        ),
        "Content-Type: multipart/report; report-type=tlsrpt; boundary=b",
        "TLS-Report-Domain: example.org",
    )


def _lists() -> Iterator[Case]:
    usual = (
        "List-Id: Lamps <lamps.lists.example>",
        "List-Post: <mailto:lamps@lists.example>",
        "List-Unsubscribe: <mailto:leave@lists.example>, <https://lists.example/leave>",
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click",
        "Precedence: list",
    )
    yield letter("list post", "The lamps come.\n_______\nlamps mailing list\n", *usual)
    yield letter(
        "list with rewritten sender", "x\n", *usual, sender='"Ann via Lamps" <lamps@lists.example>'
    )
    yield letter(
        "list digest",
        parts(
            TEXT,
            _nest(
                "digest",
                "d",
                "\nFrom: a@b.example\nSubject: one\n\nx\n",
                "\nFrom: c@d.example\nSubject: two\n\ny\n",
            ),
        ),
        "Content-Type: multipart/mixed; boundary=b",
        *usual,
    )
    yield letter(
        "list with odd fields",
        "x\n",
        "List-Id: no brackets",
        "List-Unsubscribe: nothing here",
        "List-Help: <>",
    )
    yield letter(
        "newsletter",
        parts(TEXT, "Content-Type: text/html; charset=utf-8\n\n" + _newsletter(40)),
        "Content-Type: multipart/alternative; boundary=b",
        *usual,
        "Feedback-ID: 1:news:b",
    )
    yield letter(
        "newsletter of tables", _newsletter(2_000), "Content-Type: text/html; charset=utf-8", *usual
    )
    yield letter("newsletter without text", _newsletter(5), "Content-Type: text/html", *usual)


def _newsletter(rows: int) -> str:
    row = '<tr><td style="background:#123;color:#fff"><a href="https://news.example/a?u=1"><img src="https://news.example/p.gif" width=1 height=1 alt="Lamp"></a></td></tr>\n'
    return f'<!doctype html><html><body><div style="display:none">Autumn light</div><table>{row * rows}</table><a href="https://news.example/leave">Unsubscribe</a></body></html>\n'


def _answers() -> Iterator[Case]:
    quoted = "> When do they come?\n"
    yield letter(
        "reply above",
        f"On Tuesday.\n\nOn Fri, Nov 20, 2026 at 10:00 Mia <{TO}> wrote:\n{quoted}",
        "In-Reply-To: <x@example.org>",
    )
    yield letter("reply below", f"Mia wrote:\n{quoted}\nOn Tuesday.\n")
    yield letter("reply between", f"{quoted}Tuesday.\n{quoted}Yes.\n")
    yield letter(
        "reply of outlook",
        f"On Tuesday.\n\n________________________________\nFrom: Mia\nSent: Friday\nTo: Ann\nSubject: Lamps\n\n{quoted}",
    )
    yield letter("reply quoted deep", ">" * 2_000 + " deep\n" + "> " * 2_000 + "deeper\n")
    yield letter(
        "reply in many steps", "".join(">" * (one % 60) + f" line {one}\n" for one in range(3_000))
    )
    yield letter(
        "forward in the text",
        "See below.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@c.example>\nDate: Fri\nSubject: Lamps\nTo: Ann\n\nOn Tuesday.\n",
    )
    yield multipart(
        "forward as a file",
        parts(
            TEXT,
            "Content-Type: message/rfc822; name=Lamps.eml\nContent-Disposition: attachment; filename=Lamps.eml\n\nFrom: Bob <bob@c.example>\nSubject: Lamps\n\nOn Tuesday.\n",
        ),
    )
    yield letter(
        "forward resent",
        "x\n",
        "Resent-From: c@d.example",
        f"Resent-To: {TO}",
        "Resent-Date: Fri, 20 Nov 2026 10:00:00 +0000",
        "Resent-Message-ID: <r@d.example>",
    )
    yield letter(
        "trail of servers",
        "x\n",
        *[
            f"Received: from h{one}.example (h{one}.example [192.0.2.{one}]) by h{one + 1}.example with ESMTPS id x{one}\n\tfor <{TO}>; Fri, 20 Nov 2026 10:00:0{one % 10} +0000"
            for one in range(30)
        ],
    )
    yield letter(
        "trail of nonsense",
        "x\n",
        "Received: ;;;",
        "Received: from by with id for",
        "Received: (" * 10,
        "Received:",
    )


def _pages() -> Iterator[Case]:
    pages = {
        "page unclosed": "<p><b><i><table><tr><td>The lamps",
        "page of tags": "<" * 50_000,
        "page deep": "<div>" * 20_000,
        "page of attributes": "<p " + "a=b " * 20_000 + ">x</p>",
        "page comment open": "<!-- " + "x" * 50_000,
        "page of entities": "&amp;&#65;&#x1F600;&bogus;&#99999999;&#xD800;&" * 500,
        "page of scripts": "<script>alert(1)</script><style>p{}</style><noscript>x</noscript><p onclick=x()>Hi</p>",
        "page with doctype": "<?xml version='1.0'?><!DOCTYPE html [<!ENTITY a 'b'>]><html><body>&a;</body></html>",
        "page with a form": "<form action='https://x.example'><input name=p type=password><button>Go</button></form>",
        "page of drawings": "<svg><foreignObject><p>x</p></foreignObject></svg><math><mi>y</mi></math>",
        "page with nul": "<p>a\0b</p>",
        "page from right to left": "<p dir=rtl>المصابيح</p><bdo dir=rtl>abc</bdo>",
        "page with frames": "<iframe src=https://x.example></iframe><object data=x></object><embed src=y><base href=//z>",
        "page of links": "<a href='https://x.example/{0}'>l</a> " * 5_000,
        "page of lists": "<ul><li>" * 3_000,
        "page in a table": "<table><tr>" * 1_000 + "<td>x",
        "page of nothing": "",
    }
    for name, page in pages.items():
        yield letter(name, page + "\n", "Content-Type: text/html; charset=utf-8")


def _files() -> Iterator[Case]:
    names = (
        "", ".", "..", "../../etc/passwd", "C:\\\\Windows\\\\a.exe", "a/b/c.txt", "a\0b.txt", "x" * 2_000 + ".txt", "CON", "a.txt.exe",
        "\u202efdp.exe", "grüße.txt", "文件.txt", "a;b.txt", "'a'.txt", "a%00.txt", "-rf", "a\tb.txt", " .txt", "noending",
    )  # fmt: skip
    for number, name in enumerate(names):
        yield multipart(
            f"file name {number}",
            parts(
                TEXT,
                f'Content-Type: application/octet-stream\nContent-Disposition: attachment; filename="{name}"\n\nx\n',
            ),
        )
    bodies = {
        "zip": b"PK\x03\x04" + bytes(40),
        "gzip": b"\x1f\x8b\x08" + bytes(20),
        "pdf": b"%PDF-1.7\n" + b"<<" * 500,
        "rar": b"Rar!\x1a\x07\x00",
        "exe": b"MZ" + bytes(60),
        "ole": b"\xd0\xcf\x11\xe0" + bytes(600),
        "png": b"\x89PNG\r\n\x1a\n",
        "empty": b"",
    }
    for name, body in bodies.items():
        yield multipart(
            f"file {name}",
            parts(
                TEXT,
                f"Content-Type: application/x-{name}; name=a.{name}\nContent-Transfer-Encoding: base64\n\n{base64.encodebytes(body).decode()}",
            ),
        )
    yield multipart(
        "file large",
        parts(
            TEXT,
            "Content-Type: application/octet-stream; name=a.bin\nContent-Transfer-Encoding: base64\n\n"
            + base64.encodebytes(bytes(range(256)) * 12_000).decode(),
        ),
    )
