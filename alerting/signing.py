"""Standard Webhooks signatures: `v1` HMAC-SHA256 and `v1a` Ed25519 over `id.timestamp.body`.

Source: the Standard Webhooks specification, section on signatures. Several secrets sign at once while one is
rotated.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

SYMMETRIC: Final = "whsec_"
PRIVATE: Final = "whsk_"
PUBLIC: Final = "whpk_"


def secret_fault(secret: str) -> str | None:
    """What is wrong with a signing secret, in words that do not hold it; None where nothing is."""
    prefix = next((p for p in (SYMMETRIC, PRIVATE) if secret.startswith(p)), None)
    if prefix is None:
        return f"a signing secret begins with {SYMMETRIC} (HMAC) or {PRIVATE} (Ed25519)"
    try:
        key = _decode(secret.removeprefix(prefix))
    except (binascii.Error, ValueError):
        return f"what follows {prefix} is not base64"
    if prefix == SYMMETRIC and not 24 <= len(key) <= 64:
        return f"the key has {len(key)} bytes; Standard Webhooks asks for 24 to 64"
    if prefix == PRIVATE and len(key) not in (32, 64):
        return f"the key has {len(key)} bytes; an Ed25519 private key has 32"
    return None


def sign(secrets: Iterable[str], webhook_id: str, at: datetime, body: bytes) -> str:
    """The value of `webhook-signature`: one signature a secret, separated by spaces."""
    content = _content(webhook_id, str(int(at.timestamp())), body)
    signatures = []
    for secret in secrets:
        if secret.startswith(PRIVATE):
            key = Ed25519PrivateKey.from_private_bytes(_decode(secret.removeprefix(PRIVATE))[:32])
            signatures.append("v1a," + base64.b64encode(key.sign(content)).decode())
        else:
            signatures.append("v1," + base64.b64encode(_hmac(secret, content)).decode())
    return " ".join(signatures)


def verify(secrets: Iterable[str], webhook_id: str, timestamp: str, signatures: str, body: bytes) -> bool:
    """Whether any of the signatures is good under any of the secrets (`whsec_…`, `whsk_…` or `whpk_…`)."""
    content = _content(webhook_id, timestamp, body)
    given = [part.partition(",") for part in signatures.split()]
    return any(
        _verifies(secret, version, signature, content)
        for secret in secrets
        for version, _, signature in given
    )


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
        key = Ed25519PrivateKey.from_private_bytes(_decode(secret.removeprefix(PRIVATE))[:32]).public_key()
    try:
        key.verify(raw, content)
    except InvalidSignature:
        return False
    return True


def public_key(secret: str) -> str:
    """The `whpk_…` that a receiver verifies a `whsk_…` secret's signatures with."""
    key = Ed25519PrivateKey.from_private_bytes(_decode(secret.removeprefix(PRIVATE))[:32])
    return PUBLIC + base64.b64encode(key.public_key().public_bytes_raw()).decode()


def _content(webhook_id: str, timestamp: str, body: bytes) -> bytes:
    return f"{webhook_id}.{timestamp}.".encode() + body


def _hmac(secret: str, content: bytes) -> bytes:
    return hmac.new(_decode(secret.removeprefix(SYMMETRIC)), content, hashlib.sha256).digest()


def _decode(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
