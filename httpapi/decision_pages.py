"""The pages of one-click links: GET shows what is asked, POST decides. No key, no script, no cookie.

The link is the proof, so a page of another site can neither guess nor send one: a POST says which
version its page showed, and one that a browser marks as coming from elsewhere is refused. HEAD and
whatever fetches links ahead of people change nothing.
"""

import base64
import hashlib
from html import escape
from typing import Final
from urllib.parse import parse_qs

from aiohttp import web

from httpapi.body import read_body
from httpapi.errors import meaning
from mailcore.channels.links import Links
from mailcore.channels.questions import Answer, Question, Refused
from mailcore.errors import ErrorKind, MailError
from mailcore.model import Person

_MAX_FORM_OCTETS: Final = 4096
_FORM_SECONDS: Final = 30.0
_OWN: Final = ("same-origin", "none")
"""What `Sec-Fetch-Site` may say of a decision: our own page, or the person's own hand."""
_STYLE: Final = (
    ":root{color-scheme:light dark;--line:#8886;--soft:#8882}"
    "*{box-sizing:border-box}"
    "body{font:16px/1.5 system-ui,sans-serif;margin:0 auto;max-width:44rem;padding:1rem}"
    "h1{font-size:1.3rem;line-height:1.3;margin:.5rem 0 1rem}"
    "dl{display:grid;grid-template-columns:max-content 1fr;gap:.2rem .8rem;margin:0 0 1rem}"
    "dt{opacity:.7}dd{margin:0;overflow-wrap:anywhere}"
    "pre{background:var(--soft);border:1px solid var(--line);border-radius:.5rem;padding:.8rem;"
    "font:14px/1.45 ui-monospace,monospace;white-space:pre-wrap;overflow-wrap:anywhere;"
    "margin:0 0 6rem}"
    ".do{position:fixed;left:0;right:0;bottom:0;background:Canvas;border-top:1px solid var(--line);"
    "padding:.8rem 1rem}"
    ".do div{display:flex;gap:.8rem;max-width:42rem;margin:0 auto}"
    "form{flex:1;margin:0}"
    "button{width:100%;font:600 1rem/1 system-ui,sans-serif;padding:1rem;border-radius:.5rem;"
    "border:1px solid #0000;color:#fff;cursor:pointer}"
    ".yes{background:#157347}.no{background:#b02a37}"
    "button:focus-visible{outline:3px solid #0d6efd;outline-offset:2px}"
    "small,footer{opacity:.7}"
)
_STYLE_HASH: Final = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
_POLICY: Final = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
_STATUS: Final = {
    Refused.UNKNOWN: 404,
    Refused.NOT_THE_APPROVER: 403,
    Refused.ALREADY_DECIDED: 410,
    Refused.CHANGED: 410,
    Refused.LATE: 410,
    Refused.NOT_ALLOWED: 409,
}
_HEADINGS: Final = {
    Refused.UNKNOWN: "This link leads nowhere",
    Refused.NOT_THE_APPROVER: "You may not decide this",
    Refused.ALREADY_DECIDED: "This was decided before",
    Refused.CHANGED: "The message has changed",
    Refused.LATE: "This link is too old",
    Refused.NOT_ALLOWED: "That is not possible",
}
_EXPLAINED: Final = {
    Refused.UNKNOWN: "It is not complete, or what it asked about is gone. "
    "Copy the whole link from the notice.",
    Refused.NOT_THE_APPROVER: "Nothing was changed.",
    Refused.CHANGED: "The link is about an earlier version. There is a new notice for the new one.",
    Refused.LATE: "Answer the notice by mail, or decide at the server.",
}


class DecisionPages:
    """The pages below `/a/`."""

    def __init__(self, links: Links) -> None:
        self._links = links

    def install(self, app: web.Application) -> None:
        """Add the routes."""
        app.router.add_get("/a/{token}", self.show)
        app.router.add_post("/a/{token}", self.decide)

    async def show(self, request: web.Request) -> web.Response:
        """The question with its two buttons, or why there are none."""
        try:
            opened = await self._links.open(request.match_info["token"])
        except MailError as error:
            return _failed(error)
        if opened.refused is not None or opened.question is None or opened.person is None:
            return _refused(opened.refused or Refused.UNKNOWN, opened.question)
        return _page(_question(opened.question, opened.person))

    async def decide(self, request: web.Request) -> web.Response:
        """Decide as the form says."""
        try:
            _require_own_page(request)
            decision, version = _read(await _form(request))
            answer = await self._links.decide(
                request.match_info["token"], approve=decision == "approve", version=version
            )
        except MailError as error:
            return _failed(error)
        if answer.refused is not None:
            return _refused(answer.refused, answer.question, answer.text)
        return _page(_decided(answer))


def _require_own_page(request: web.Request) -> None:
    if request.headers.get("Sec-Fetch-Site", "none") not in _OWN:
        raise MailError(
            ErrorKind.DENIED, "this was sent by another site", fix="Open the link of the notice"
        )


async def _form(request: web.Request) -> dict[str, list[str]]:
    raw = await read_body(request, max_octets=_MAX_FORM_OCTETS, seconds=_FORM_SECONDS)
    try:
        return parse_qs(raw.decode("ascii"), max_num_fields=10)
    except ValueError as error:
        raise _not_a_form() from error


def _read(form: dict[str, list[str]]) -> tuple[str, int]:
    """The decision and the version that the page showed."""
    (decision, *more), (version, *others) = form.get("decision", [""]), form.get("version", [""])
    is_number = version.isascii() and version.isdigit() and len(version) < 10
    if more or others or decision not in ("approve", "reject") or not is_number:
        raise _not_a_form()
    return decision, int(version)


def _not_a_form() -> MailError:
    return MailError(
        ErrorKind.INVALID,
        "this is not the form of the page",
        fix="Open the link and press a button",
    )


# What is shown -----------------------------------------------------------------------------------


def _question(question: Question, person: Person) -> str:
    rows = (("Until", question.until), ("You are", str(person.email)))
    listed = "".join(f"<dt>{name}</dt><dd>{escape(text)}</dd>" for name, text in rows)
    yes, no = question.answers
    return (
        f"<h1>{escape(question.title)}</h1><dl>{listed}</dl><pre>{escape(question.text)}</pre>"
        f"<div class=do><div>{_button('approve', yes, question)}{_button('reject', no, question)}"
        "</div></div>"
    )


def _button(decision: str, label: str, question: Question) -> str:
    kind = "yes" if decision == "approve" else "no"
    return (
        f'<form method=post><input type=hidden name=version value="{question.version}">'
        f"<input type=hidden name=decision value={decision}>"
        f"<button class={kind}>{escape(label)}</button></form>"
    )


def _decided(answer: Answer) -> str:
    about = f"<p>{escape(answer.question.subject)}</p>" if answer.question else ""
    return f"<h1>Done</h1><p>{escape(answer.text)}</p>{about}<p>You can close this page.</p>"


def _refused(refused: Refused, question: Question | None, said: str = "") -> web.Response:
    text = _EXPLAINED.get(refused, said)
    if refused is Refused.ALREADY_DECIDED and question is not None:
        text = question.outcome
    about = f"<p>{escape(question.subject)}</p>" if question else ""
    body = f"<h1>{_HEADINGS[refused]}</h1><p>{escape(text)}</p>{about}"
    return _page(body, _STATUS[refused])


def _failed(error: MailError) -> web.Response:
    body = f"<h1>That did not work</h1><p>{escape(error.message)}.</p><p>{escape(error.fix)}</p>"
    return _page(body, meaning(error).status)


def _page(body: str, status: int = 200) -> web.Response:
    return web.Response(
        status=status,
        text=(
            "<!doctype html><html lang=en><head><meta charset=utf-8><title>Countersign</title>"
            '<meta name=viewport content="width=device-width,initial-scale=1">'
            "<meta name=robots content=noindex,nofollow>"
            f"<style>{_STYLE}</style></head><body><main>{body}</main></body></html>"
        ),
        content_type="text/html",
        charset="utf-8",
        headers={"Content-Security-Policy": _POLICY},
    )
