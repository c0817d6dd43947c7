"""Raw sample mails with keyword defaults, written out by hand so that tests know every octet."""

import base64


def crlf(text: str) -> bytes:
    """`text` as UTF-8 with CRLF line ends."""
    return text.replace("\r\n", "\n").replace("\n", "\r\n").encode()


def plain(
    *,
    sender: str = "Ann Example <ann@example.org>",
    to: str = "mia@agents.example",
    subject: str | None = "Lunch on Friday",
    text: str = "Shall we meet at noon?\n",
    message_id: str = "<one@example.org>",
    date: str = "Fri, 05 Jan 2024 12:30:00 +0100",
    extra: str = "",
) -> bytes:
    """A plain ASCII or UTF-8 mail. `extra` is further header lines, each with its line end."""
    lines = [f"From: {sender}", f"To: {to}"]
    if subject is not None:
        lines.append(f"Subject: {subject}")
    lines += [f"Date: {date}", f"Message-ID: {message_id}"]
    return crlf("\n".join(lines) + "\n" + extra + "\n" + text)


def utf8_8bit(*, text: str = "Grüße aus Köln, 東京 and Zürich\n") -> bytes:
    """UTF-8 text sent as 8bit, with an encoded subject and a raw UTF-8 display name."""
    return plain(
        sender="Jörg Müller <joerg@example.org>",
        subject="=?utf-8?q?Gr=C3=BC=C3=9Fe?= =?utf-8?b?IGF1cyBLw7Zsbg==?=",
        text=text,
        extra=(
            "MIME-Version: 1.0\nContent-Type: text/plain; charset=utf-8\n"
            "Content-Transfer-Encoding: 8bit\n"
        ),
    )


def no_subject(*, text: str = "There is no subject here.\n") -> bytes:
    """A mail without a Subject field."""
    return plain(subject=None, text=text)


def html_only(*, html: str = "<p>Hello <b>there</b></p>", charset: str = "utf-8") -> bytes:
    """A mail of one HTML part."""
    return plain(text=html, extra=f"Content-Type: text/html; charset={charset}\n")


def alternative(*, text: str = "plain form\n", html: str = "<p>rich form</p>\n") -> bytes:
    """Text and HTML forms of one content."""
    return plain(
        extra='MIME-Version: 1.0\nContent-Type: multipart/alternative; boundary="alt"\n',
        text=(
            f"--alt\nContent-Type: text/plain; charset=utf-8\n\n{text}"
            f"\n--alt\nContent-Type: text/html; charset=utf-8\n\n{html}\n--alt--\n"
        ),
    )


def with_attachment(
    *,
    text: str = "See the file.\n",
    filename: str = "notes.txt",
    content: bytes = b"hello attachment\n",
    content_type: str = "application/octet-stream",
    encoding: str = "base64",
) -> bytes:
    """Text and one attached file."""
    body = base64.encodebytes(content).decode() if encoding == "base64" else content.decode()
    return plain(
        extra='MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="mix"\n',
        text=(
            f"preamble\n--mix\nContent-Type: text/plain\n\n{text}\n--mix\n"
            f"Content-Type: {content_type}\nContent-Transfer-Encoding: {encoding}\n"
            f'Content-Disposition: attachment; filename="{filename}"\n\n{body}\n--mix--\nepilogue\n'
        ),
    )


def nested(*, inner: bytes | None = None) -> bytes:
    """mixed(alternative(text, related(html, image)), message/rfc822, pdf)."""
    embedded = (inner if inner is not None else plain(subject="inner")).decode()
    return plain(
        subject="outer",
        extra='MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary="outer"\n',
        text=(
            '--outer\nContent-Type: multipart/alternative; boundary="alt"\n\n'
            "--alt\nContent-Type: text/plain\n\nplain text\n"
            '--alt\nContent-Type: multipart/related; boundary="rel"\n\n'
            '--rel\nContent-Type: text/html\n\n<img src="cid:pic">rich\n'
            "--rel\nContent-Type: image/png\nContent-ID: <pic@x>\n"
            "Content-Transfer-Encoding: base64\n\niVBORw0KGgo=\n--rel--\n--alt--\n"
            f"--outer\nContent-Type: message/rfc822\n\n{embedded}\n"
            "--outer\nContent-Type: application/pdf; name=a.pdf\n"
            "Content-Transfer-Encoding: base64\nContent-Disposition: attachment\n\n"
            "JVBERi0xLjQK\n--outer--\n"
        ),
    )


def top_posted(*, answer: str = "approve\n", quoted: str = "Shall I send it?") -> str:
    """The text of a reply written above the quotation."""
    return (
        f"{answer}\nOn Fri, Jan 5, 2024 at 12:30 PM Mia <mia@agents.example> wrote:\n\n> {quoted}\n"
    )


def bottom_posted(*, answer: str = "approve\n", quoted: str = "Shall I send it?") -> str:
    """The text of a reply written below the quotation."""
    return f"On Fri, 5 Jan 2024, Mia wrote:\n> {quoted}\n\n{answer}"


HOSTILE_HEADERS: tuple[bytes, ...] = (
    b"",
    b"\r\n",
    b"\n\n\n",
    b" starts with a space\r\nFrom: a@b.c\r\n\r\nx",
    b"no header at all",
    b"From a@b Fri Jan  5 12:30:00 2024\r\nFrom: a@b.c\r\n\r\nx",
    b"From: a@b.c\r\ngarbage line\r\nTo: d@e.f\r\n\r\nx",
    b"From: a@b.c\nTo: d@e.f\n\nlone line feeds\n",
    b": empty name\r\nFrom: a@b.c\r\n\r\n",
    b"From: \xff\xfe <a@b.c>\r\nSubject: =?x-none?b?!!!?= =?utf-8?q?=FF?=\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=\r\n\r\n--\r\n\r\n",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b",
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b--",
    b"Content-Type: message/rfc822\r\n\r\n",
    b"Content-Type: message/rfc822\r\nContent-Transfer-Encoding: base64\r\n\r\nRnJvbTogeA==",
)
"""Headers as no client should write them."""


def deep_multipart(*, depth: int = 200) -> bytes:
    """Multiparts nested in each other."""
    levels = (
        f"Content-Type: multipart/mixed; boundary=b{level}x\n\n--b{level}x\n"
        for level in range(depth)
    )
    return crlf("".join(levels) + "\nbottom\n")


def many_parts(*, count: int = 20_000) -> bytes:
    """A multipart of many empty parts."""
    return b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * count
