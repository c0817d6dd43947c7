"""A client's side of SCRAM-SHA-256, written from RFC 5802 apart from the server's."""

import base64
import hashlib
import hmac
import secrets


class ClientScram:
    """One login; `challenges` are what the server said last."""

    def __init__(self, username: str, password: str, *, nonce: str = "") -> None:
        self._password = password.encode()
        self._nonce = nonce or secrets.token_hex(12)
        escaped = username.replace("=", "=3D").replace(",", "=2C")
        self._bare = f"n={escaped},r={self._nonce}"
        self._expected = b""
        self.salt = b""

    def first(self) -> bytes:
        return f"n,,{self._bare}".encode()

    def final(self, challenge: bytes) -> bytes:
        text = challenge.decode()
        fields = dict(one.split("=", 1) for one in text.split(","))
        assert fields["r"].startswith(self._nonce)
        self.salt = base64.b64decode(fields["s"])
        salted = hashlib.pbkdf2_hmac("sha256", self._password, self.salt, int(fields["i"]))
        client_key = hmac.new(salted, b"Client Key", "sha256").digest()
        unproved = f"c=biws,r={fields['r']}"
        spoken = f"{self._bare},{text},{unproved}".encode()
        signature = hmac.new(hashlib.sha256(client_key).digest(), spoken, "sha256").digest()
        proof = bytes(a ^ b for a, b in zip(client_key, signature, strict=True))
        server_key = hmac.new(salted, b"Server Key", "sha256").digest()
        self._expected = hmac.new(server_key, spoken, "sha256").digest()
        return f"{unproved},p={base64.b64encode(proof).decode()}".encode()

    def is_server(self, answer: bytes) -> bool:
        """Whether the server knows the password too."""
        return answer == b"v=" + base64.b64encode(self._expected)

    def respond(self, challenge: bytes) -> bytes:
        """What `imaplib` asks for, challenge by challenge; it encodes and decodes by itself."""
        if not challenge:
            return self.first()
        if challenge.startswith(b"r="):
            return self.final(challenge)
        assert self.is_server(challenge), challenge
        return b""
