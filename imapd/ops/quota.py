"""GETQUOTA GETQUOTAROOT SETQUOTA (RFC 9208): one root, the inbox, whose name is empty.

Storage is told in units of 1024 octets, rounded up. An inbox without limits has no root.
"""

from imapd import responses
from imapd.commands import GetQuota, GetQuotaRoot, SetQuota
from imapd.ops.outcome import Outcome, done, refused
from imapd.session import Session
from mailcore.model import Quota

_UNIT = 1024


async def get_quota(session: Session, command: GetQuota) -> Outcome:
    """GETQUOTA."""
    quota = await _quota(session)
    if command.root or quota is None:
        return refused("there is no such quota root", b"NONEXISTENT")
    session.write(_line(quota))
    return done("quota told")


async def get_quota_root(session: Session, command: GetQuotaRoot) -> Outcome:
    """GETQUOTAROOT, with the QUOTA of the root."""
    user = session.user
    mailbox = await session.services.mailboxes.mailbox(user.actor, user.inbox.id, command.mailbox)
    name = responses.mailbox(mailbox.name, is_utf8=session.manner.is_utf8)
    quota = await _quota(session)
    if quota is None:
        session.write(responses.untagged(b"QUOTAROOT " + name))
    else:
        session.write(responses.untagged(b'QUOTAROOT %b ""' % name) + _line(quota))
    return done("quota roots told")


def set_quota(_session: Session, _command: SetQuota) -> Outcome:
    """SETQUOTA is the owner's, over the API."""
    return refused("the owner sets quotas, with `countersign inbox policy`", b"NOPERM")


async def _quota(session: Session) -> Quota | None:
    user = session.user
    quota = await session.services.mailboxes.quota(user.actor, user.inbox.id)
    return quota if quota.limit_bytes or quota.limit_messages else None


def _line(quota: Quota) -> bytes:
    resources: list[bytes] = []
    if quota.limit_bytes:
        used, limit = -(-quota.used_bytes // _UNIT), -(-quota.limit_bytes // _UNIT)
        resources.append(b"STORAGE %d %d" % (used, limit))
    if quota.limit_messages:
        resources.append(b"MESSAGE %d %d" % (quota.used_messages, quota.limit_messages))
    return responses.untagged(b'QUOTA "" (%b)' % b" ".join(resources))
