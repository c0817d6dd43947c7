// What a program with imapflow does to a mailbox; prints what it saw as one JSON document.
const { ImapFlow } = require('imapflow');
const { readFileSync } = require('node:fs');

const [port, user, pass, caFile] = process.argv.slice(2);
const RAW = 'From: a@b.example\r\nSubject: By imapflow\r\n\r\nAppended.\r\n';

async function main() {
  const client = new ImapFlow({
    host: 'localhost', port: Number(port), secure: true, auth: { user, pass },
    tls: { ca: readFileSync(caFile) }, logger: false,
  });
  const seen = {};
  await client.connect();
  seen.folders = (await client.list({ statusQuery: { messages: true, unseen: true } }))
    .map((one) => [one.path, one.specialUse ?? null, one.status?.messages ?? null]);
  await client.mailboxCreate('Projects/2026');
  const lock = await client.getMailboxLock('INBOX');
  try {
    seen.exists = client.mailbox.exists;
    seen.messages = [];
    for await (const one of client.fetch('1:*', {
      uid: true, flags: true, envelope: true, bodyStructure: true, source: true,
      threadId: true, internalDate: true, size: true,
    })) {
      seen.messages.push({
        uid: one.uid, subject: one.envelope.subject, from: one.envelope.from[0].address,
        source: one.source.toString('base64'), emailId: Boolean(one.emailId),
        type: one.bodyStructure.type,
      });
    }
    await client.messageFlagsAdd('1', ['\\Seen', 'work']);
    seen.found = await client.search({ from: 'ana', unseen: true }, { uid: true });
    const { content } = await client.download('1', 'TEXT');
    let text = '';
    for await (const chunk of content) text += chunk.toString('utf8');
    seen.text = text;
    seen.copied = [...(await client.messageCopy('1', 'Archive')).uidMap.entries()];
    seen.moved = [...(await client.messageMove('2', 'Projects/2026')).uidMap.entries()];
    seen.appended = (await client.append('INBOX', Buffer.from(RAW), ['\\Seen'])).uid;
    seen.deleted = await client.messageDelete('1');
    const told = new Promise((resolve) => client.once('exists', resolve));
    const idling = client.idle();
    process.stderr.write('idling\n');
    seen.told = (await told).count;
    await client.noop();
    await idling;
  } finally {
    lock.release();
  }
  await client.mailboxRename('Projects/2026', 'Projects/Done');
  seen.status = await client.status('Projects/Done', { messages: true, uidNext: true });
  seen.quota = await client.getQuota('INBOX');
  await client.logout();
  process.stdout.write(JSON.stringify(seen));
}

main().catch((error) => {
  process.stderr.write(`${error.stack}\n${error.responseText ?? ''}\n`);
  process.exit(1);
});
