"""The server's side of SCRAM-SHA-256 (RFC 7677)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os

ROUNDS = 15000


class Scram:
    """One client's attempt to prove that it knows a password."""

    def __init__(self, users: dict[str, str]) -> None:
        self.users = users
        self.salt = os.urandom(16)

    def start(self, payload: bytes) -> bytes:
        """Answer the client's first message."""
        self.bare = payload.decode().removeprefix("n,,")
        parts = _parts(self.bare)
        self.user = parts["n"]
        self.nonce = parts["r"] + base64.b64encode(os.urandom(18)).decode()
        self.first = f"r={self.nonce},s={base64.b64encode(self.salt).decode()},i={ROUNDS}"
        return self.first.encode()

    def finish(self, payload: bytes) -> bytes | None:
        """Check the client's proof; None where it is wrong."""
        parts = _parts(payload.decode())
        told = f"{self.bare},{self.first},c={parts['c']},r={parts['r']}".encode()
        password = self.users.get(self.user, os.urandom(8).hex())
        salted = hashlib.pbkdf2_hmac("sha256", password.encode(), self.salt, ROUNDS)
        key = _mac(salted, b"Client Key")
        signature = _mac(hashlib.sha256(key).digest(), told)
        proof = bytes(one ^ other for one, other in zip(key, signature, strict=True))
        if parts["r"] != self.nonce or base64.b64decode(parts["p"]) != proof:
            return None
        return b"v=" + base64.b64encode(_mac(_mac(salted, b"Server Key"), told))


def _mac(key: bytes, content: bytes) -> bytes:
    return hmac.new(key, content, hashlib.sha256).digest()


def _parts(message: str) -> dict[str, str]:
    return {part[0]: part[2:] for part in message.split(",")}
