"""The body of a request outside of the operations: bounded in octets and in time."""

import asyncio

from aiohttp import web

from mailcore.errors import ErrorKind, MailError, invalid


async def read_body(request: web.Request, *, max_octets: int, seconds: float) -> bytes:
    """The whole body; TOO_LARGE over the limit, INVALID when it does not come in time."""
    too_large = MailError(
        ErrorKind.TOO_LARGE, f"the body is over {max_octets} octets", fix="Send less at once"
    )
    if (request.content_length or 0) > max_octets:
        raise too_large
    raw = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.content.iter_any():
                raw += chunk
                if len(raw) > max_octets:
                    raise too_large
    except TimeoutError as error:
        raise invalid("body", "it did not arrive in time") from error
    return bytes(raw)
