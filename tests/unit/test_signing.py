"""Signatures: with the official verifier, with Ed25519, while a secret is rotated, and with bad secrets."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook
from standardwebhooks.webhooks import WebhookVerificationError

from alerting.headers import header_fault, request_headers
from alerting.signing import new_secret, public_key, public_secret_fault, secret_fault, verify
from tests.builders import endpoint

OLD, NEW = new_secret(), new_secret()
BODY = '{"headline": "Çavuşoğlu: “ateşkes”"}'.encode()


def headers(*secrets: str) -> dict[str, str]:
    made = endpoint(secrets=secrets)
    return dict(request_headers(made, "msg_1", BODY, "application/json", datetime.now(UTC), "tocsin/test"))


def test_the_official_verifier_accepts_our_signature() -> None:
    assert Webhook(NEW).verify(BODY, headers(NEW))


def test_while_a_secret_is_rotated_receivers_with_either_accept() -> None:
    both = headers(OLD, NEW)
    assert Webhook(OLD).verify(BODY, both)
    assert Webhook(NEW).verify(BODY, both)


def test_the_official_verifier_accepts_ours_beside_an_ed25519_signature() -> None:
    assert Webhook(NEW).verify(BODY, headers(new_secret(ed25519=True), NEW))


def test_we_accept_what_the_official_library_signs() -> None:
    now = datetime.now(UTC)
    signature = Webhook(NEW).sign("msg_1", now, BODY.decode())
    assert verify([NEW], "msg_1", str(int(now.timestamp())), signature, BODY)


@pytest.mark.parametrize("changed", ["body", "id", "timestamp", "secret"])
def test_a_signature_holds_for_its_own_message_alone(changed: str) -> None:
    for secret in (NEW, new_secret(ed25519=True)):
        made = headers(secret)
        verifying = secret if secret.startswith("whsec_") else public_key(secret)
        other = OLD if secret.startswith("whsec_") else public_key(new_secret(ed25519=True))

        def good(
            what: str, *, verifying: str = verifying, other: str = other, made: dict[str, str] = made
        ) -> bool:
            return verify(
                [other if what == "secret" else verifying],
                "msg_2" if what == "id" else "msg_1",
                "1" if what == "timestamp" else made["webhook-timestamp"],
                made["webhook-signature"],
                BODY + b" " if what == "body" else BODY,
            )

        assert good("")
        assert not good(changed)
    with pytest.raises(WebhookVerificationError):
        Webhook(OLD).verify(BODY, headers(NEW))


def test_an_ed25519_signature_is_verified_with_the_public_key_alone() -> None:
    secret = new_secret(ed25519=True)
    public = public_key(secret)
    assert public.startswith("whpk_")
    assert public_secret_fault(public) is None
    made = headers(secret)
    assert made["webhook-signature"].startswith("v1a,")
    assert verify([public], "msg_1", made["webhook-timestamp"], made["webhook-signature"], BODY)


def test_rfc_8032_test_1_key() -> None:
    """The first key of RFC 8032, section 7.1: the public key that belongs to the private one."""
    private = bytes.fromhex("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60")
    public = bytes.fromhex("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a")
    assert (
        public_key("whsk_" + base64.b64encode(private).decode())
        == "whpk_" + base64.b64encode(public).decode()
    )


@pytest.mark.parametrize(
    "secret",
    ["", "canary", "whsec_", "whsec_canary!", "whsec_" + base64.b64encode(b"canary" * 3).decode(),
     "whsec_" + base64.b64encode(b"canary" * 11).decode(), "whsk_" + base64.b64encode(b"canary" * 5).decode(),
     "whpk_" + base64.b64encode(bytes(32)).decode(), "WHSEC_" + base64.b64encode(bytes(32)).decode(),
     "whsec_çanary"],
)  # fmt: skip
def test_a_bad_secret_is_named_and_never_quoted(secret: str) -> None:
    fault = secret_fault(secret)
    assert fault is not None
    assert "canary" not in fault
    assert (
        not secret or secret.removeprefix("whsec_").removeprefix("whsk_") not in fault or secret == "whsec_"
    )


def encoded(count: int, kind: str = "whsec_") -> str:
    return kind + base64.b64encode(bytes(range(count))).decode()


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("whsec_", (24, 32, 64), (0, 23, 65)),
        ("whsk_", (32, 64), (31, 33, 63, 65)),
        ("whpk_", (32,), (31, 33, 64)),
    ],
)
def test_a_key_has_as_many_bytes_as_its_kind_asks_for(
    kind: str, good: tuple[int, ...], bad: tuple[int, ...]
) -> None:
    fault_of = public_secret_fault if kind == "whpk_" else secret_fault
    assert [count for count in good if fault_of(encoded(count, kind))] == []
    assert [count for count in bad if not fault_of(encoded(count, kind))] == []


def test_a_key_of_characters_that_base64_has_not_is_a_fault_though_the_others_would_suffice() -> None:
    for secret in (encoded(32), encoded(32, "whsk_")):
        assert "is not base64" in str(secret_fault(secret[:20] + "!\n" + secret[20:]))


def test_a_private_key_with_its_public_one_behind_it_is_that_private_key() -> None:
    short, long = encoded(32, "whsk_"), encoded(64, "whsk_")
    assert public_key(long) == public_key(short)
    made = headers(long)
    for verifying in (short, long, public_key(long)):
        assert verify([verifying], "msg_1", made["webhook-timestamp"], made["webhook-signature"], BODY)
    other = encoded(31, "whsk_")[:-4] + "AAA="
    assert not verify([other], "msg_1", made["webhook-timestamp"], made["webhook-signature"], BODY)


@pytest.mark.parametrize("ed25519", [False, True])
def test_a_signature_counts_only_as_it_is_written(ed25519: bool) -> None:
    secret = new_secret(ed25519=ed25519)
    made = headers(secret)
    version, _, signature = made["webhook-signature"].partition(",")

    def good(shown: str) -> bool:
        return verify([secret], "msg_1", made["webhook-timestamp"], shown, BODY)

    assert good(f"{version},{signature}")
    assert good(f"v9,x {version},{signature}"), "one of several"
    assert not good(f"{'v1' if ed25519 else 'v1a'},{signature}"), "of another kind"
    assert not good(f"{version},{signature[:8]}!{signature[8:]}"), "not base64"


def test_an_id_that_is_no_text_is_not_verified_and_breaks_nothing() -> None:
    made = headers(NEW)
    assert not verify([NEW], "msg_\udcff", made["webhook-timestamp"], made["webhook-signature"], BODY)


def test_new_secrets_are_good_and_differ() -> None:
    made = [new_secret(ed25519=ed25519) for ed25519 in (True, False) for _ in range(5)]
    assert [secret_fault(secret) for secret in made] == [None] * 10
    assert len(set(made)) == 10


@given(st.text(max_size=60), st.text(max_size=20), st.text(max_size=60))
def test_no_signature_header_breaks_the_verification(
    webhook_id: str, timestamp: str, signatures: str
) -> None:
    for signature in (signatures, "v1," + signatures, "v1a," + signatures):
        webhook_id = webhook_id.encode(errors="replace").decode()
        assert not verify(
            [NEW, public_key(new_secret(ed25519=True))],
            webhook_id,
            timestamp.encode(errors="replace").decode(),
            signature,
            b"",
        )


@pytest.mark.parametrize("webhook_id", ["", "a b", "a\r\nx: y", "ü", "x" * 300])
def test_an_id_that_no_header_can_carry_is_refused(webhook_id: str) -> None:
    with pytest.raises(ValueError, match="webhook id"):
        request_headers(endpoint(), webhook_id, b"", "application/json", datetime.now(UTC), "tocsin/test")


def test_an_endpoints_own_headers_cannot_replace_those_that_prove_the_sender() -> None:
    own = {
        "Webhook-Signature": "v1,forged",
        "Content-Type": "text/html",
        "X-Token": "t",
        "User-Agent": "mine",
    }
    made = request_headers(
        endpoint(headers=own), "msg_1", b"", "application/json", datetime.now(UTC), "tocsin/test"
    )
    assert made["webhook-signature"] != "v1,forged"
    assert (made["content-type"], made["x-token"], made["user-agent"]) == ("application/json", "t", "mine")


@pytest.mark.parametrize(
    ("name", "value"),
    [("x y", "v"), ("", "v"), ("x\n", "v"), ("Host", "v"), ("webhook-ID", "v"), ("x", "a\r\nb: c"), ("x", ""),
     ("x", " v"), ("x", "ü"), ("x", "\0"), ("transfer-encoding", "chunked")],
)  # fmt: skip
def test_headers_that_would_break_a_request_are_faults(name: str, value: str) -> None:
    fault = header_fault(name, value)
    assert fault is not None
    assert "\n" not in fault


def test_no_header_of_an_endpoint_frames_its_request_or_says_who_sent_it() -> None:
    framing = "Host Connection Content-Length Transfer-Encoding TE Trailer Upgrade Expect Accept-Encoding"
    proving = "Webhook-Id Webhook-Timestamp Webhook-Signature Proxy-Authorization Proxy-Connection"
    for name in f"{framing} {proving}".split():
        assert header_fault(name, "v") == f"{name} is set by the service itself"


def test_an_ordinary_header_is_no_fault() -> None:
    assert header_fault("Authorization", "Bearer abc.def") is None
