"""The client of the server's HTTP API, over its unix socket or a URL. Synchronous, standard library.

A problem document (RFC 9457) becomes the `MailError` it was made of.
"""

import http.client
import json
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, override
from urllib.parse import quote, urlencode, urlsplit

from mailcore.cli.failure import WrongUse
from mailcore.errors import ErrorKind, MailError
from mailcore.model import JsonObject, JsonValue

if TYPE_CHECKING:
    from mailcore.config import Config

TIMEOUT_SECONDS: Final = 60
_PAGE: Final = 200
_KINDS: Final = {
    400: ErrorKind.INVALID,
    401: ErrorKind.UNAUTHENTICATED,
    403: ErrorKind.DENIED,
    404: ErrorKind.NOT_FOUND,
    409: ErrorKind.CONFLICT,
    413: ErrorKind.TOO_LARGE,
    422: ErrorKind.INVALID,
    429: ErrorKind.OVER_LIMIT,
    503: ErrorKind.UNAVAILABLE,
    507: ErrorKind.OVER_LIMIT,
}


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_SECONDS)
        self._path = path

    @override
    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the server said."""

    status: int
    body: bytes
    content_type: str

    def document(self) -> JsonObject:
        """The body as a JSON object; empty when there is none."""
        if not self.body:
            return {}
        try:
            value: JsonValue = json.loads(self.body)
        except ValueError as error:
            raise MailError(
                ErrorKind.UNAVAILABLE,
                "the answer is not JSON",
                fix="Check that the URL is a Countersign server",
            ) from error
        return value if isinstance(value, dict) else {"data": value}


class Api:
    """One server."""

    def __init__(self, connection: http.client.HTTPConnection, where: str, key: str | None) -> None:
        self._connection = connection
        self._where = where
        self._key = key

    @classmethod
    def over_socket(cls, config: "Config", key: str | None) -> "Api":
        """The server of this configuration, as its operator or with a key."""
        from mailcore.config import socket_path  # noqa: PLC0415 - slow, and not for --url

        path = socket_path(config)
        return cls(_UnixConnection(path), str(path), key)

    @classmethod
    def over_http(cls, url: str, key: str | None, ca_file: Path | None) -> "Api":
        """A server anywhere; needs a key. `ca_file` is trusted beside the system's authorities."""
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongUse(f"{url} is not an http or https URL", fix="Write --url http://HOST:PORT")
        if not key:
            raise WrongUse("--url needs a key", fix="Give --key or set COUNTERSIGN_KEY")
        if parts.scheme == "http":
            plain = http.client.HTTPConnection(parts.hostname, parts.port, timeout=TIMEOUT_SECONDS)
            return cls(plain, url, key)
        context = ssl.create_default_context()
        if ca_file is not None:
            context.load_verify_locations(cafile=ca_file)
        secure = http.client.HTTPSConnection(
            parts.hostname, parts.port, timeout=TIMEOUT_SECONDS, context=context
        )
        return cls(secure, url, key)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str, **query: str | int | None) -> JsonObject:
        """GET a document."""
        return self.request("GET", path, query=query).document()

    def post(self, path: str, body: Mapping[str, JsonValue] | None = None) -> JsonObject:
        """POST a document."""
        return self.request("POST", path, body=body or {}).document()

    def patch(self, path: str, body: Mapping[str, JsonValue]) -> JsonObject:
        """PATCH."""
        return self.request("PATCH", path, body=body).document()

    def delete(self, path: str, **query: str | int | None) -> JsonObject:
        """DELETE a thing."""
        return self.request("DELETE", path, query=query).document()

    def every(self, path: str, **query: str | int | None) -> list[JsonObject]:
        """All pages of a list."""
        rows: list[JsonObject] = []
        while True:
            page = self.get(path, limit=_PAGE, offset=len(rows), **query)
            found = objects(page.get("data"))
            rows += found
            total = page.get("total")
            if not found or not isinstance(total, int) or len(rows) >= total:
                return rows

    def request(
        self,
        method: str,
        path: str,
        *,
        body: Mapping[str, JsonValue] | None = None,
        query: Mapping[str, str | int | None] | None = None,
    ) -> Answer:
        """One request; raises MailError for a refusal or when the server cannot be reached."""
        given = {name: value for name, value in (query or {}).items() if value is not None}
        target = f"{path}?{urlencode(given)}" if given else path
        headers = {"Accept": "application/json", "User-Agent": "countersign-cli"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        payload = None
        if body is not None:
            headers["Content-Type"] = "application/json"
            payload = json.dumps(body).encode()
        try:
            self._connection.request(method, target, payload, headers)
            response = self._connection.getresponse()
            answer = Answer(
                status=response.status,
                body=response.read(),
                content_type=response.headers.get_content_type(),
            )
        except (OSError, http.client.HTTPException, ValueError) as error:
            self._connection.close()
            raise self._unreachable(error) from error
        if answer.status >= 400:
            raise _refusal(answer)
        return answer

    def _unreachable(self, error: Exception) -> MailError:
        if isinstance(error, PermissionError):
            return MailError(
                ErrorKind.DENIED,
                f"no access to {self._where}",
                fix="Run the command as the server's user or root, or use --url and --key",
            )
        if isinstance(error, FileNotFoundError | ConnectionRefusedError):
            return MailError(
                ErrorKind.UNAVAILABLE,
                f"no server answers at {self._where}",
                fix="Start it with `countersign serve`, or name another with --url",
            )
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        return MailError(
            ErrorKind.UNAVAILABLE,
            f"cannot talk to {self._where}: {reason}",
            fix="Check the address and the server's log",
        )


def objects(value: object) -> list[JsonObject]:
    """The objects of a list in a document; none where there is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def segment(value: str) -> str:
    """A value as one segment of a path."""
    return quote(value, safe="")


def _refusal(answer: Answer) -> MailError:
    try:
        problem = answer.document()
    except MailError:
        problem = {}
    detail = str(problem.get("detail") or problem.get("title") or f"status {answer.status}")
    errors = problem.get("errors")
    if isinstance(errors, list):
        said = [
            f"{one.get('path')}: {one.get('message')}" for one in errors if isinstance(one, dict)
        ]
        missing = [one for one in said if one not in detail]
        detail = "; ".join([detail, *missing])
    return MailError(
        _KINDS.get(answer.status, ErrorKind.INTERNAL),
        detail,
        code=str(problem.get("code") or ""),
        fix=str(problem.get("fix") or ""),
    )
