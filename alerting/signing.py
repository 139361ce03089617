"""Standard Webhooks signatures: `v1` HMAC-SHA256 and `v1a` Ed25519 over `id.timestamp.body`.

While a secret is rotated, several sign at once. Source: the Standard Webhooks specification, section on signatures.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
from collections.abc import Container, Iterable
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SYMMETRIC: Final = "whsec_"
PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"


def secret_fault(secret: str) -> str | None:
    """What is wrong with a signing secret, without quoting it; None where nothing is."""
    if secret.startswith(SYMMETRIC):
        return _key_fault(secret, SYMMETRIC, range(24, 65), "Standard Webhooks asks for 24 to 64")
    if secret.startswith(PRIVATE):
        return _key_fault(secret, PRIVATE, (32, 64), "an Ed25519 private key has 32")
    return f"a signing secret begins with {SYMMETRIC} (HMAC) or {PRIVATE} (Ed25519)"


def public_secret_fault(secret: str) -> str | None:
    """What is wrong with a `whpk_…` that a receiver verifies with; None where nothing is."""
    return _key_fault(secret, PUBLIC, (32,), "an Ed25519 public key has 32")


def _key_fault(secret: str, prefix: str, lengths: Container[int], wanted: str) -> str | None:
    try:
        key = _decode(secret.removeprefix(prefix))
    except ValueError:  # also binascii.Error
        return f"what follows {prefix} is not base64"
    return None if len(key) in lengths else f"the key has {len(key)} bytes; {wanted}"


def new_secret(*, ed25519: bool = False) -> str:
    """A new secret from the system's randomness: `whsec_…`, or `whsk_…`."""
    return (PRIVATE if ed25519 else SYMMETRIC) + base64.b64encode(secrets.token_bytes(32)).decode()


def sign(keys: Iterable[str], webhook_id: str, at: datetime, body: bytes) -> str:
    """The value of `webhook-signature`: a signature by each secret, separated by spaces."""
    content = _content(webhook_id, str(int(at.timestamp())), body)
    signatures = []
    for secret in keys:
        if secret.startswith(PRIVATE):
            signatures.append("v1a," + base64.b64encode(_private_key(secret).sign(content)).decode())
        else:
            signatures.append("v1," + base64.b64encode(_hmac(secret, content)).decode())
    return " ".join(signatures)


def verify(keys: Iterable[str], webhook_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """Whether any of the signatures is good under any of the secrets (`whsec_…`, `whsk_…` or `whpk_…`)."""
    content = _content(webhook_id, timestamp, body)
    given = [part.partition(",") for part in signatures.split()]
    return any(_verifies(key, version, signature, content) for key in keys for version, _, signature in given)


def _verifies(secret: str, version: str, signature: str, content: bytes) -> bool:
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    if secret.startswith(SYMMETRIC):
        return version == "v1" and hmac.compare_digest(raw, _hmac(secret, content))
    if version != "v1a":
        return False
    if secret.startswith(PUBLIC):
        key = Ed25519PublicKey.from_public_bytes(_decode(secret.removeprefix(PUBLIC)))
    else:
        key = _private_key(secret).public_key()
    try:
        key.verify(raw, content)
    except InvalidSignature:
        return False
    return True


def public_key(secret: str) -> str:
    """The `whpk_…` that a receiver verifies a `whsk_…` secret's signatures with."""
    key = _private_key(secret).public_key()
    return PUBLIC + base64.b64encode(key.public_bytes_raw()).decode()


def _private_key(secret: str) -> Ed25519PrivateKey:
    # Where there are 64 bytes, the public key follows the private one.
    return Ed25519PrivateKey.from_private_bytes(_decode(secret.removeprefix(PRIVATE))[:32])


def _content(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{webhook_id}.{timestamp}.".encode(errors="surrogateescape") + body


def _hmac(secret: str, content: bytes) -> bytes:
    return hmac.digest(_decode(secret.removeprefix(SYMMETRIC)), content, "sha256")


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
