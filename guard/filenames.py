"""What a file's name alone says: key files, dumps, programs. The content is judged elsewhere."""

from typing import Final

from guard.lexicon import words
from mailcore.policy import Finding, Severity

_KEY_NAMES: Final = words(
    """
    id_rsa id_dsa id_ecdsa id_ed25519 .env .netrc _netrc .npmrc .pypirc .htpasswd .pgpass .git-credentials
    .dockercfg .dockerconfigjson kubeconfig credentials credentials.json service-account.json
    service_account.json client_secret.json secrets.json secrets.yml secrets.yaml secrets.toml
    terraform.tfstate wp-config.php shadow passwd authorized_keys known_hosts wallet.dat keystore.json
    local.settings.json appsettings.production.json master.key .vault-token token.json cookies.txt
    cookies.sqlite logins.json key4.db login.keychain passwords.txt passwords.csv
    """
)
_KEY_ENDINGS: Final = (
    ".pem", ".key", ".p12", ".pfx", ".p8", ".ppk", ".jks", ".keystore", ".kdbx", ".kdb", ".env",
    ".credentials", ".ovpn", ".rdp", ".agekey", ".asc.key", ".keychain", ".tfstate", ".tfvars", ".gpg",
    ".pgp", ".psafe3", ".1pif", ".agilekeychain", ".mobileprovision",
)  # fmt: skip
_PUBLIC_ENDINGS: Final = (".pem", ".key", ".gpg", ".pgp")
_DATA_ENDINGS: Final = (
    ".sql", ".dump", ".bak", ".db", ".sqlite", ".sqlite3", ".mdb", ".accdb", ".pst", ".ost", ".mbox",
    ".har", ".pcap", ".pcapng", ".core", ".dmp", ".hprof", ".parquet",
)  # fmt: skip


def judge_name(name: str, payload: bytes, place: str) -> list[Finding]:
    """Findings about a file of this name. A `.pem` that holds only public things is fine."""
    folded = name.strip().strip(". ").lower() if not name.startswith(".") else name.strip().lower()
    bare = folded.rstrip(". ")
    if _is_key_file(bare) and not _is_public(bare, payload):
        return [
            Finding(
                rule="attachment.sensitive_file",
                category="attachment",
                severity=Severity.HIGH,
                place=place,
                message="A file whose name says that it holds keys or passwords is attached.",
            )
        ]
    if bare.endswith(_DATA_ENDINGS):
        return [
            Finding(
                rule="attachment.data_file",
                category="attachment",
                severity=Severity.MEDIUM,
                place=place,
                message="A database, dump or recording is attached.",
            )
        ]
    return []


def _is_key_file(name: str) -> bool:
    stem = name.rpartition("/")[2]
    if stem.endswith((".pub", ".example", ".sample", ".template")) or stem.startswith(
        ("sample.", "example.", "template.", "env.example", "env.sample")
    ):
        return False
    is_named = stem in _KEY_NAMES or stem.startswith((".env.", "id_rsa.", "kubeconfig"))
    return is_named or stem.endswith(_KEY_ENDINGS)


def _is_public(name: str, payload: bytes) -> bool:
    if not name.endswith(_PUBLIC_ENDINGS):
        return False
    head = payload.lstrip()[:64]
    shows_public = head.startswith(
        (b"-----BEGIN CERTIFICATE", b"-----BEGIN PUBLIC", b"-----BEGIN PGP PUBLIC")
    )
    return shows_public and b"PRIVATE KEY" not in payload
