"""Attachments named by URL: fetched once, before the guard looks, so that what is judged is what leaves.

Only public addresses are asked, redirects included. The URL itself is something that leaves: one in
which the guard finds a secret is not asked at all.
"""

import asyncio
import mimetypes
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote, urljoin, urlsplit

from mailcore.errors import ErrorKind, FieldError, MailError, invalid
from mailcore.message.compose import OutgoingAttachment
from mailcore.net.fetch import Fetched, Fetcher, FetchError

MAX_LINKS: Final = 20
_TIMEOUT_SECONDS: Final = 60.0
_MAX_REDIRECTS: Final = 5
_REDIRECTS: Final = (301, 302, 303, 307, 308)
_UNKNOWN: Final = "application/octet-stream"


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkedAttachment:
    """A file to fetch and send along; name and type are the answer's where they are empty."""

    url: str
    filename: str = ""
    content_type: str = ""
    content_id: str = ""


type Attachable = OutgoingAttachment | LinkedAttachment


class Attachments:
    """Makes files of links, within the limit of a message."""

    def __init__(self, *, fetcher: Callable[[], Fetcher], max_bytes: int) -> None:
        self._fetcher = fetcher
        self._max_bytes = max_bytes

    async def gather(
        self, attachments: Sequence[Attachable], may_ask: Callable[[str], Awaitable[bool]]
    ) -> tuple[OutgoingAttachment, ...]:
        """All of them with their octets. INVALID or TOO_LARGE name the field; then nothing was sent."""
        room = self._max_bytes
        room -= sum(len(one.content) for one in attachments if isinstance(one, OutgoingAttachment))
        if room < 0:
            raise self._too_large("attachments")
        links = sum(1 for one in attachments if isinstance(one, LinkedAttachment))
        if links > MAX_LINKS:
            raise invalid("attachments", f"at most {MAX_LINKS} by URL")
        files: list[OutgoingAttachment] = []
        async with self._fetcher() as fetcher:
            for index, one in enumerate(attachments):
                if isinstance(one, OutgoingAttachment):
                    files.append(one)
                    continue
                path = f"attachments[{index}].url"
                if not (await may_ask(one.url) and await may_ask(unquote(one.url))):
                    raise invalid(path, "it holds something that may not leave")
                file = await self._fetch(fetcher, one, path, room)
                room -= len(file.content)
                files.append(file)
        return tuple(files)

    async def _fetch(
        self, fetcher: Fetcher, link: LinkedAttachment, path: str, room: int
    ) -> OutgoingAttachment:
        try:
            async with asyncio.timeout(_TIMEOUT_SECONDS):
                url, answer = await _follow(fetcher, link.url, room)
        except TimeoutError as error:
            raise invalid(path, "the file did not come in time") from error
        except FetchError as error:
            raise invalid(path, str(error), fix="Give the file itself as base64") from error
        if answer.status != 200:
            raise invalid(path, f"its server answered {answer.status}", fix="Check the URL")
        if answer.is_truncated:
            raise self._too_large(path)
        name = link.filename or unquote(urlsplit(url).path.rpartition("/")[2])
        name = "".join(char for char in name if char.isprintable() and char not in '/\\"')[:200]
        told = answer.headers.get("content-type", "").partition(";")[0].strip().lower()
        return OutgoingAttachment(
            filename=name or "attachment",
            content_type=link.content_type or _type(told, name),
            content=answer.body,
            content_id=link.content_id,
            is_inline=bool(link.content_id),
        )

    def _too_large(self, path: str) -> MailError:
        message = f"attachments of one message may have {self._max_bytes} bytes together"
        return MailError(
            ErrorKind.TOO_LARGE,
            f"{path}: {message}",
            code="attachments_too_large",
            fix="Send less, or have the owner raise outbound.max_attachment_bytes",
            fields=(FieldError(path=path, message=message),),
        )


async def _follow(fetcher: Fetcher, url: str, room: int) -> tuple[str, Fetched]:
    for _ in range(_MAX_REDIRECTS + 1):
        answer = await fetcher.request("GET", url, max_bytes=room)
        target = answer.headers.get("location", "")
        if answer.status not in _REDIRECTS or not target:
            return url, answer
        url = urljoin(url, target)
    raise FetchError(f"more than {_MAX_REDIRECTS} redirects")


def _type(told: str, name: str) -> str:
    is_plain = told.count("/") == 1 and told.isascii() and told.isprintable() and " " not in told
    if is_plain and not told.startswith(("multipart/", "message/")):
        return told
    return mimetypes.guess_type(name)[0] or _UNKNOWN
