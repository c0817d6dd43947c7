"""Thunderbird under a virtual display: account, folders, new mail by itself, flags, sending."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.interop.conftest import find
from tests.support.maildirs import message
from tests.support.marionette import Marionette
from tests.support.running import ANA, Agent, Running

pytestmark = [pytest.mark.interop, pytest.mark.long, pytest.mark.timeout(300)]

PREFERENCES = {
    "app.donation.eoy.version.viewed": 999,
    "app.update.enabled": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "mail.provider.suppress_dialog_on_startup": True,
    "mail.shell.checkDefaultClient": False,
    "mail.spotlight.firstRunDone": True,
    "mail.winsearch.firstRunDone": True,
    "mailnews.start_page.enabled": False,
    "mail.server.default.check_new_mail": True,
    "marionette.port": 0,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.dns.localDomains": "mail.example.org",
    "toolkit.telemetry.enabled": False,
}
SET_UP = """
const [pem, host, imap, smtp, user, password] = args;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const certificate = Cc["@mozilla.org/security/x509certdb;1"].getService(Ci.nsIX509CertDB)
  .constructX509FromBase64(pem.replace(/-----[^-]+-----|\\s/g, ""));
const exceptions = Cc["@mozilla.org/security/certoverride;1"].getService(Ci.nsICertOverrideService);
for (const port of [imap, smtp])
  exceptions.rememberValidityOverride(host, port, {}, certificate, false);
const login = async (kind) => {
  const one = Cc["@mozilla.org/login-manager/loginInfo;1"].createInstance(Ci.nsILoginInfo);
  one.init(`${kind}://${host}`, null, `${kind}://${host}`, user, password, "", "");
  await Services.logins.addLoginAsync(one);
};
await login("imap");
await login("smtp");
const server = MailServices.accounts.createIncomingServer(user, host, "imap");
server.port = imap;
server.socketType = Ci.nsMsgSocketType.SSL;
server.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
server.loginAtStartUp = true;
const outgoing = MailServices.outgoingServer.createServer("smtp");
outgoing.QueryInterface(Ci.nsISmtpServer);
outgoing.hostname = host;
outgoing.port = smtp;
outgoing.username = user;
outgoing.authMethod = Ci.nsMsgAuthMethod.passwordCleartext;
outgoing.socketType = Ci.nsMsgSocketType.SSL;
MailServices.outgoingServer.defaultServer = outgoing;
const identity = MailServices.accounts.createIdentity();
identity.email = user;
identity.fullName = "Mia";
identity.smtpServerKey = outgoing.key;
const account = MailServices.accounts.createAccount();
account.addIdentity(identity);
account.incomingServer = server;
MailServices.accounts.defaultAccount = account;
server.performBiff(null);
return server.key;
"""
FOLDERS = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const root = MailServices.accounts.defaultAccount.incomingServer.rootFolder;
return root.descendants.map((one) => [one.name, one.flags, one.getTotalMessages(false)]);
"""
SUBJECTS = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const root = MailServices.accounts.defaultAccount.incomingServer.rootFolder;
const inbox = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
return inbox ? [...inbox.messages].map((one) => one.mime2DecodedSubject) : [];
"""
STAR = """
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const root = MailServices.accounts.defaultAccount.incomingServer.rootFolder;
const inbox = root.getFolderWithFlags(Ci.nsMsgFolderFlags.Inbox);
const one = [...inbox.messages][0];
inbox.markMessagesFlagged([one], true);
inbox.markMessagesRead([one], true);
"""
SEND = """
const [to] = args;
const { MailServices } = ChromeUtils.importESModule("resource:///modules/MailServices.sys.mjs");
const account = MailServices.accounts.defaultAccount;
const fields = Cc["@mozilla.org/messengercompose/composefields;1"].createInstance(Ci.nsIMsgCompFields);
fields.from = account.defaultIdentity.email;
fields.to = to;
fields.subject = "By Thunderbird";
fields.body = "They come on Friday.\\r\\n";
fields.forcePlainText = true;
const parameters = Cc["@mozilla.org/messengercompose/composeparams;1"].createInstance(Ci.nsIMsgComposeParams);
parameters.composeFields = fields;
parameters.identity = account.defaultIdentity;
parameters.format = Ci.nsIMsgCompFormat.PlainText;
parameters.type = Ci.nsIMsgCompType.New;
const compose = MailServices.compose.initCompose(parameters);
await compose.sendMsg(
  Ci.nsIMsgCompDeliverMode.Now, account.defaultIdentity, account.key, null, null);
"""


@contextlib.asynccontextmanager
async def display() -> AsyncIterator[str]:
    """A virtual screen; its name."""
    near, far = os.pipe()
    screen = await asyncio.create_subprocess_exec(
        find("Xvfb"), "-displayfd", str(far), "-screen", "0", "1280x800x24", "-nolisten", "tcp",
        pass_fds=[far], stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    os.close(far)
    try:
        async with asyncio.timeout(30):
            yield f":{(await asyncio.to_thread(os.read, near, 16)).decode().strip()}"
    finally:
        os.close(near)
        screen.terminate()
        await screen.wait()


@pytest.fixture
async def thunderbird(tmp_path: Path) -> AsyncIterator[Marionette]:
    program = find("thunderbird")
    profile = tmp_path / "profile"
    profile.mkdir()
    values = {True: "true", False: "false"}
    (profile / "user.js").write_text(
        "".join(
            f'user_pref("{name}", {values[value] if isinstance(value, bool) else repr(value)});\n'
            for name, value in PREFERENCES.items()
        )
    )
    async with display() as screen:
        process = await asyncio.create_subprocess_exec(
            program, "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile,
            stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,
            env={"PATH": os.environ["PATH"], "HOME": str(tmp_path), "DISPLAY": screen,
                 "LC_ALL": "C.UTF-8", "MOZ_CRASHREPORTER_DISABLE": "1"},
        )  # fmt: skip
        try:
            async with asyncio.timeout(90):
                driver = await Marionette.connect(profile)
            try:
                yield driver
            finally:
                driver.close()
        finally:
            os.killpg(process.pid, 9)
            await process.wait()


async def until(driver: Marionette, script: str, wanted: object) -> None:
    """Look again until the program shows what is wanted."""
    found: object = None
    try:
        async with asyncio.timeout(60):
            while (found := await driver.run(script)) != wanted:
                await asyncio.sleep(0.2)
    except TimeoutError as error:
        raise AssertionError(f"{found!r} is not {wanted!r}") from error


async def test_thunderbird_reads_hears_flags_and_sends(
    server: Running, mia: Agent, thunderbird: Marionette
) -> None:
    await server.put(mia, message(1))
    pem = await asyncio.to_thread(Path(server.ca_file).read_text)
    ports = server.ports
    await thunderbird.run(
        SET_UP,
        pem,
        "mail.example.org",
        ports["imaps"],
        ports["submissions"],
        mia.email,
        mia.password,
    )
    await until(thunderbird, SUBJECTS, ["No. 1"])
    names = {name for name, _, _ in await thunderbird.run(FOLDERS)}
    assert {"Archive", "Drafts", "Sent", "Trash"} <= names, names

    await server.put(mia, message(2))
    await until(thunderbird, SUBJECTS, ["No. 1", "No. 2"])

    await thunderbird.run(STAR)
    await server.until(
        "/v1/messages?folder=INBOX",
        lambda page: page["data"][-1]["flags"] == ["seen", "flagged"],
        key=mia.api_key,
    )

    await thunderbird.run(SEND, ANA)
    sent = await server.world.sink.wait_for(lambda one: ANA in one.recipients)
    assert b"By Thunderbird" in sent.raw
    (kept,) = await server.messages(mia, 1, "Sent")
    assert kept["subject"] == "By Thunderbird"
