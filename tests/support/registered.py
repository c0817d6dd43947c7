"""Registered secrets as the server keeps them: the real index of keyed hashes."""

from datetime import UTC, datetime

from guard import shape_of
from mailcore.credentials import ServerSecrets
from mailcore.ids import DEFAULT_POD, SecretId
from mailcore.policy import Fingerprints, SecretKind, StoredSecret
from mailcore.protections import HashedSecrets

SERVER = ServerSecrets(b"0123456789abcdef" * 2)


def registered(*secrets: str, kind: SecretKind = SecretKind.SECRET) -> Fingerprints:
    """The real index of keyed hashes over the real form of secrets."""
    return HashedSecrets(SERVER, [_stored(one, kind) for one in secrets])


def _stored(secret: str, kind: SecretKind) -> StoredSecret:
    shape = shape_of(secret)
    return StoredSecret(
        id=SecretId(secret),
        pod_id=DEFAULT_POD,
        name="vault",
        kind=kind,
        whole=SERVER.fingerprint(shape.whole),
        word_count=shape.word_count,
        piece_octets=shape.piece_octets,
        pieces=tuple(map(SERVER.fingerprint, shape.pieces)),
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )
