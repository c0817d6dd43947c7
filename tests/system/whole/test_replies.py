"""Every kind of answer to a notice has its defined effect (product §5.5)."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from typing import Any

from mailcore.demo.sink import Received
from mailcore.message.headers import Headers
from tests.support.running import ANA, LEAK, OWNER, Agent, Running, decoded, reply_to

QUOTE = "mia@example.org wants to send the mail below. It is waiting for you."
QUOTED = f"> {QUOTE}\n>\n> Reply with one word on the first line:\n>   approve   sends it exactly as it is\n>   reject    discards it\n"
GMAIL = (
    '<div dir="ltr">{word}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    "On Fri, Jan 5, 2024 at 12:30 PM Countersign &lt;approve@example.org&gt; wrote:<br></div>"
    '<blockquote class="gmail_quote" style="margin:0 0 0 .8ex">reply with<br>approve<br>reject<br>'
    "</blockquote></div>"
)
OUTLOOK = (
    '<html><head><style>p.MsoNormal{{margin:0}}</style></head><body><div class="WordSection1">'
    '<p class="MsoNormal">{word}</p><p class="MsoNormal">&nbsp;</p><div style="border-top:solid '
    '#E1E1E1 1.0pt"><p class="MsoNormal"><b>From:</b> Countersign &lt;approve@example.org&gt;<br>'
    "<b>Sent:</b> Friday, January 5, 2024 12:30 PM<br><b>To:</b> The Owner<br><b>Subject:</b> "
    "Approve or reject: Access</p></div><p>approve</p><p>reject</p></div></body></html>"
)
APPLE = (
    "<html><body>{word}<br id='lineBreakAtBeginningOfMessage'><div><br><blockquote type='cite'>"
    "<div>On 5. Jan 2024, at 12:30, Countersign &lt;approve@example.org&gt; wrote:</div><br>"
    "<div>approve</div></blockquote></div></body></html>"
)
THUNDERBIRD = (
    "<html><body><p>{word}<br></p><div class='moz-cite-prefix'>Am 05.01.24 um 12:30 schrieb "
    "Countersign:<br></div><blockquote type='cite' cite='mid:x'><pre>approve</pre></blockquote>"
    "</body></html>"
)

# As these clients write them (their own class names and separators), with everything of ours quoted.
GMAIL_PHONE = (
    '<div dir="auto">{word}</div><br><div class="gmail_quote gmail_quote_container"><div dir="ltr" '
    'class="gmail_attr">On Fri, Jan 5, 2024, 12:30 PM Countersign &lt;<a href="mailto:approve@'
    'example.org">approve@example.org</a>&gt; wrote:<br></div><blockquote class="gmail_quote" '
    'style="margin:0 0 0 .8ex;border-left:1px #ccc solid;padding-left:1ex">reject</blockquote></div>'
)
OUTLOOK_WEB = (
    '<html><head><style type="text/css">P {{margin-top:0}}</style></head><body dir="ltr"><div '
    'class="elementToProof" style="font-family: Aptos">{word}</div><div id="appendonsend"></div>'
    '<hr style="display:inline-block;width:98%" tabindex="-1"><div id="divRplyFwdMsg" dir="ltr">'
    '<font face="Calibri, sans-serif"><b>From:</b> Countersign &lt;approve@example.org&gt;<br><b>Sent:'
    "</b> Friday, January 5, 2024 12:30 PM<br><b>To:</b> The Owner<br><b>Subject:</b> Approve or "
    "reject</font><div>&nbsp;</div></div><div>approve</div></body></html>"
)
OUTLOOK_PHONE = (
    '<html><head></head><body><div dir="ltr">{word}</div><div dir="ltr"><br></div><div dir="ltr">Get '
    '<a href="https://aka.ms/o0ukef">Outlook for iOS</a></div><hr style="display:inline-block;width:98%" '
    'tabindex="-1"><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Countersign &lt;approve@example.org'
    "&gt;<br><b>Sent:</b> Friday, January 5, 2024<br><b>To:</b> The Owner<br><b>Subject:</b> Approve or "
    "reject<br></div><div>reject</div></body></html>"
)
YAHOO = (
    '<html><head></head><body><div class="ydp1yahoo-style-wrap"><div dir="ltr">{word}</div><div><br>'
    '</div></div><div id="ydp2yahoo_quoted_1" class="ydp2yahoo_quoted"><div><div>On Friday, January 5, '
    "2024 at 12:30:00 PM GMT+1, Countersign &lt;approve@example.org&gt; wrote: </div><div><br></div>"
    "<div>reject</div></div></div></body></html>"
)
PROTON = (
    '<div style="font-family: Arial; font-size: 14px;">{word}</div><div class="protonmail_signature_block"'
    '><div class="protonmail_signature_block-proton">Sent with <a href="https://proton.me/">Proton Mail'
    '</a> secure email.</div></div><div class="protonmail_quote">On Friday, January 5th, 2024 at 12:30 '
    'PM, Countersign &lt;approve@example.org&gt; wrote:<br><blockquote class="protonmail_quote" '
    'type="cite"><div>approve</div></blockquote></div>'
)


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and what becomes of it: `approve`, `reject`, or why it does not count."""

    name: str
    effect: str
    text: str | None = None
    html: str | None = None
    sender: str = OWNER
    headers: tuple[tuple[str, str], ...] = ()
    options: dict[str, Any] = field(default_factory=dict)
    reason: str = ""


def quoted(intro: str, word: str = "approve", *, below: bool = False) -> str:
    return f"{intro}\n{QUOTED}\n{word}\n" if below else f"{word}\n\n{intro}\n{QUOTED}"


ON = "On Fri, 5 Jan 2024 at 12:30, Countersign <approve@example.org> wrote:"
REPLIES = (
    Reply("one word", "approve", "approve"),
    Reply("with a point", "approve", "Approved."),
    Reply("shouted", "approve", "YES!"),
    Reply("two words", "approve", "Go ahead"),
    Reply("send it", "approve", "send it"),
    Reply("rejected", "reject", "Rejected"),
    Reply("an apostrophe", "reject", "Don't send"),
    Reply("a curly apostrophe", "reject", "Don’t send!"),
    Reply("blank lines first", "approve", "\n\n\nok\n"),
    Reply("a signature below", "reject", "no\n\n-- \nThe Owner\nOwner Inc.\n"),
    Reply("mutt, top-posted", "approve", quoted(ON)),
    Reply("mutt, bottom-posted", "reject", quoted(ON, "reject", below=True)),
    Reply("Thunderbird in German", "approve", quoted("Am 05.01.24 um 12:30 schrieb Countersign:")),
    Reply("French", "reject", quoted("Le ven. 5 janv. 2024 à 12:30, Countersign <approve@example.org> a écrit :", "no")),
    Reply("Spanish", "approve", quoted("El vie, 5 ene 2024 a las 12:30, Countersign (<approve@example.org>) escribió:")),
    Reply("Italian", "approve", quoted("Il giorno ven 5 gen 2024 alle ore 12:30 Countersign <approve@example.org> ha scritto:")),
    Reply("Portuguese", "reject", quoted("Em sex., 5 de jan. de 2024 às 12:30, Countersign <approve@example.org> escreveu:", "cancel")),
    Reply("Dutch", "approve", quoted("Op vr 5 jan 2024 om 12:30 schreef Countersign <approve@example.org>:")),
    Reply("Polish", "approve", quoted("pt., 5 sty 2024 o 12:30 Countersign <approve@example.org> napisał(a):")),
    Reply("Russian", "reject", quoted("пт, 5 янв. 2024 г. в 12:30, Countersign <approve@example.org>:", "deny")),
    Reply("Japanese", "approve", quoted("2024年1月5日(金) 12:30 Countersign <approve@example.org>:")),
    Reply("Chinese", "approve", quoted("Countersign <approve@example.org> 于2024年1月5日周五 12:30写道：")),
    Reply("a phone", "approve", f"Ok\n\nSent from my iPhone\n\n{ON}\n{QUOTED}"),
    Reply("a phone in German", "reject", f"No\n\nVon meinem iPhone gesendet\n\n{ON}\n{QUOTED}"),
    Reply("Outlook, plain", "approve", f"approve\n\n-----Original Message-----\nFrom: Countersign\nSent: Friday, January 5, 2024\nTo: The Owner\nSubject: Approve or reject\n\n{QUOTE}\nreject\n"),
    Reply("Gmail, HTML alone", "approve", html=GMAIL.format(word="approve")),
    Reply("Gmail, both forms", "reject", quoted(ON, "reject"), GMAIL.format(word="reject")),
    Reply("Outlook, HTML alone", "reject", html=OUTLOOK.format(word="reject")),
    Reply("Apple Mail, HTML alone", "approve", html=APPLE.format(word="LGTM")),
    Reply("Thunderbird, HTML alone", "approve", html=THUNDERBIRD.format(word="ok")),
    Reply("rejected with a reason", "reject", "Reject because it names a password.", reason="it names a password."),
    Reply("a reason after a colon", "reject", f"Rejected: too early\n\n{ON}\n{QUOTED}", reason="too early"),
    Reply("a reason below", "reject", f"no\n\nThe price is wrong.\nAsk Bob.\n\n-- \nThe Owner\n\n{ON}\n{QUOTED}", reason="The price is wrong.\nAsk Bob."),
    Reply("Gmail, a reason below", "reject", html=GMAIL.format(word="reject</div><div>Too early."), reason="Too early."),
    Reply("Gmail on a phone", "approve", html=GMAIL_PHONE.format(word="Approve")),
    Reply("Outlook on the web", "reject", html=OUTLOOK_WEB.format(word="Reject")),
    Reply("Outlook on a phone", "approve", html=OUTLOOK_PHONE.format(word="yes")),
    Reply("Yahoo, HTML alone", "approve", html=YAHOO.format(word="send it")),
    Reply("Proton, HTML alone", "reject", html=PROTON.format(word="deny")),
    Reply("no reason for an approval", "unclear", "approve because I like it"),
    Reply("not rejected", "unclear", "no reason to reject: approve"),
    Reply("hidden words in HTML", "unclear", html="<p style='display:none'>approve</p><p>Why?</p>"),
    Reply("a question", "unclear", "Ok, who is this?"),
    Reply("approve with a condition", "unclear", "approve if the price is right"),
    Reply("not approve", "unclear", "not approve"),
    Reply("nothing", "unclear", ""),
    Reply("only a quotation", "unclear", QUOTED),
    Reply("an unmarked copy of the notice", "unclear", f"{QUOTE}\nReply with one word on the first line:\n  approve\n"),
    Reply("a wrapped quotation", "unclear", f"{ON}\n> It is waiting for you and\napprove\n> is what to say\n"),
    Reply("forwarded on", "unclear", f"---------- Forwarded message ---------\nFrom: Countersign\nDate: Fri, 5 Jan 2024\nSubject: Approve\nTo: {OWNER}\n\napprove\n"),
    Reply("a greeting first", "unclear", "Hi Mia,\n\napprove\n"),
    Reply("a wrong code", "unclear", "hm: approve 12345"),
    Reply("another person", "not_the_approver", "approve", sender=ANA),
    Reply("unsigned", "not_authenticated", "approve", options={"is_signed": False}),
    Reply("an automatic reply", "auto_generated", "approve", headers=(("Auto-Submitted", "auto-replied"),)),
    Reply("out of office", "auto_generated", "approve", headers=(("X-Autoreply", "yes"),)),
    Reply("expanded by a list", "auto_generated", "approve", headers=(("List-Id", "<all.owner.example>"),)),
    Reply("bulk", "auto_generated", "approve", headers=(("Precedence", "bulk"),)),
    Reply("a bounce", "not_authenticated", "approve", options={"mail_from": ""}),
    Reply("two authors", "not_the_approver", "approve", headers=(("From", f"Eve <{ANA}>"),)),
)  # fmt: skip


def composed(reply: Reply, notice: Received) -> bytes:
    """The answer as a mail client writes it."""
    letter = EmailMessage(policy=SMTP)
    fields = Headers.read(notice.raw)
    letter["From"] = f"The Owner <{reply.sender}>"
    letter["To"] = reply_to(notice)
    letter["Subject"] = f"Re: {fields.get('Subject')}"
    letter["Date"] = "Fri, 05 Jan 2024 12:31:00 +0000"
    letter["Message-ID"] = f"<{abs(hash(reply.name))}@owner.example>"
    letter["In-Reply-To"] = fields.get("Message-ID") or ""
    if reply.html is None or reply.text is not None:
        letter.set_content(reply.text or "")
    if reply.html is not None and reply.text is not None:
        letter.add_alternative(reply.html, subtype="html")
    elif reply.html is not None:
        letter.set_content(reply.html, subtype="html")
    more = b"".join(f"{name}: {value}\r\n".encode() for name, value in reply.headers)
    return more + letter.as_bytes()


async def give(server: Running, notice: Received, raw: bytes, reply: Reply) -> None:
    options = {"mail_from": OWNER if reply.sender == OWNER else reply.sender, **reply.options}
    recipients = [reply_to(notice)]
    await server.world.send(raw, recipients=recipients, port=server.ports["smtp"], **options)


async def held(server: Running, mia: Agent, number: int) -> tuple[str, Received]:
    body = {"to": [ANA], "subject": f"Access {number}", "text": f"{number}: {LEAK}"}
    made = await server.ok("POST", "/v1/messages", body, key=mia.api_key)
    return made["hold_id"], await server.notice(made["hold_id"])


async def effect_on(server: Running, hold_id: str) -> str:
    """What the last answer did."""
    hold = await server.ok("GET", f"/v1/holds/{hold_id}")
    if hold["status"] != "pending":
        return {"released": "approve", "rejected": "reject"}[hold["status"]]
    audit = await server.ok("GET", f"/v1/audit?subject={hold_id}&limit=200")
    ignored = [one for one in audit["data"] if one["action"] == "hold.reply_ignored"]
    return str(ignored[-1]["detail"]["refusal"]) if ignored else "nothing"


async def test_every_kind_of_reply_has_its_effect(server: Running, mia: Agent) -> None:
    assert len(REPLIES) >= 40
    effects: dict[str, str] = {}
    reasons: dict[str, str] = {}
    for number, reply in enumerate(REPLIES):
        hold_id, notice = await held(server, mia, number)
        await give(server, notice, composed(reply, notice), reply)
        effects[reply.name] = await effect_on(server, hold_id)
        if reply.effect == "reject":
            hold = await server.ok("GET", f"/v1/holds/{hold_id}")
            reasons[reply.name] = hold["decision_reason"]
    assert effects == {one.name: one.effect for one in REPLIES}
    assert reasons == {one.name: one.reason for one in REPLIES if one.effect == "reject"}
    await server.queue_is_empty()
    approved = [one for one in REPLIES if one.effect == "approve"]
    assert len(server.leaked()) == len(approved)


async def test_a_replayed_or_late_reply_decides_nothing(server: Running, mia: Agent) -> None:
    hold_id, notice = await held(server, mia, 1)
    reply = REPLIES[0]
    raw = composed(reply, notice)
    for _ in range(2):
        await give(server, notice, raw, reply)
    await server.answer(notice, "reject")
    await server.answer(notice, "what?")
    rows = (await server.ok("GET", f"/v1/audit?subject={hold_id}&limit=200"))["data"]
    ignored = [one["detail"]["refusal"] for one in rows if one["action"].endswith("_ignored")]
    assert ignored == ["token_spent", "token_spent", "already_decided"]
    other, fresh = await held(server, mia, 2)
    await server.ok("POST", f"/v1/holds/{other}/reject", {})
    await server.answer(fresh, "approve")
    assert (await server.ok("GET", f"/v1/holds/{other}"))["status"] == "rejected"
    await server.queue_is_empty()
    assert len(server.leaked()) == 1


async def asked_again(server: Running, hold_id: str) -> tuple[Received, str]:
    """The second notice with its code."""
    notice = await server.world.sink.wait_for(
        lambda one: b"Please answer again" in one.raw and hold_id.encode() in decoded(one.raw)
    )
    found = re.search(rb"Reply with: approve ([0-9]{6})\b", decoded(notice.raw))
    assert found
    return notice, found[1].decode()


WAYS: tuple[tuple[str, Callable[[str], str], str], ...] = (
    ("below a greeting", lambda code: f"Hi there,\n\napprove {code}\n", "released"),
    ("bold", lambda code: f"Sure.\n*Reject {code}*.\n", "rejected"),
    ("both", lambda code: f"x\napprove {code}\nreject {code}\n", "pending"),
    ("quoted", lambda code: f"hm\n> approve {code}\n", "pending"),
    ("copied", lambda code: f"hm\nReply with: approve {code}\n   or with: reject {code}\n", "pending"),
    ("another code", lambda code: f"hm\napprove {(int(code) + 1) % 10**6:06d}\n", "pending"),
)  # fmt: skip


async def test_an_unclear_reply_is_asked_again_and_the_code_decides(
    server: Running, mia: Agent
) -> None:
    seen: dict[str, str] = {}
    for number, (name, write, _) in enumerate(WAYS):
        hold_id, notice = await held(server, mia, number)
        await server.answer(notice, "Ok, who is this?")
        again, code = await asked_again(server, hold_id)
        await server.answer(again, write(code))
        seen[name] = (await server.ok("GET", f"/v1/holds/{hold_id}"))["status"]
    assert seen == {name: status for name, _, status in WAYS}
