"""What an attempt's result means: the one table of statuses and failures.

A verdict is one of three: delivered, try again, or give up. `slow` asks for a longer wait (the receiver is
overwhelmed), `too_fast` says that nothing else is wrong (429), `disable` that the endpoint wants nothing more (410
Gone).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

Failure = Literal[
    "timeout",
    "connect",
    "proxy",
    "certificate",
    "tls",
    "reset",
    "protocol",
    "address-refused",
    "unresolvable",
    "too-long",
    "render",
    "apprise",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do after an attempt, and why in a few words."""

    outcome: Literal["delivered", "retry", "give-up"]
    reason: str
    slow: bool = False
    too_fast: bool = False
    disable: bool = False

    @property
    def delivered(self) -> bool:
        """Whether the receiver took it."""
        return self.outcome == "delivered"


_STATUS: Final = {
    407: Verdict("retry", "407: the proxy wants another user and password"),
    408: Verdict("retry", "408 request timeout", slow=True),
    409: Verdict("retry", "409 conflict"),
    410: Verdict("give-up", "410 gone: the endpoint wants no more webhooks", disable=True),
    413: Verdict("give-up", "413 the receiver finds the body too large"),
    421: Verdict("retry", "421 misdirected"),
    423: Verdict("retry", "423 locked"),
    425: Verdict("retry", "425 too early"),
    429: Verdict("retry", "429 too many requests", slow=True, too_fast=True),
    501: Verdict("retry", "501 not implemented"),
    503: Verdict("retry", "503 unavailable", slow=True),
    504: Verdict("retry", "504 gateway timeout", slow=True),
}

_FAILURE: Final = {
    "timeout": Verdict("retry", "no complete answer in time", slow=True),
    "connect": Verdict("retry", "no connection"),
    "proxy": Verdict(
        "retry", "the proxy does not let through: may it reach the host, with this user and password?"
    ),
    "certificate": Verdict(
        "retry", "the certificate is not valid for the host, has expired, or is of an authority unknown here"
    ),
    "tls": Verdict("retry", "TLS failed: does the receiver speak it at this port?"),
    "reset": Verdict("retry", "the connection broke; the receiver may have taken it"),
    "protocol": Verdict("retry", "the answer is not HTTP"),
    "address-refused": Verdict("retry", "the host's address is one that must not be called"),
    "unresolvable": Verdict("retry", "the host has no address"),
    "too-long": Verdict("retry", "the answer does not end"),
    "apprise": Verdict("retry", "Apprise could not send it"),
    "render": Verdict("give-up", "the alert could not be rendered for this endpoint"),
}


def judge(status: int | None, failure: Failure | None = None) -> Verdict:
    """The verdict on an HTTP status, or on a failure where there was no answer.

    2xx is delivered. 3xx is a failure (redirects are never followed) and, like most of 4xx, tried again: a receiver
    that is being repaired or reconfigured may answer anything for a while. 410 disables the endpoint.
    """
    if failure is not None:
        return _FAILURE[failure]
    if status is None:
        raise ValueError("neither a status nor a failure")
    if status in _STATUS:
        return _STATUS[status]
    if 200 <= status < 300:
        return Verdict("delivered", str(status))
    if 300 <= status < 400:
        return Verdict(
            "retry", f"{status}: redirects are not followed; set the endpoint's url to the final address"
        )
    if 400 <= status < 500:
        return Verdict("retry", f"{status}: the receiver refuses")
    if 500 <= status < 600:
        return Verdict("retry", f"{status}: the receiver failed")
    return Verdict("retry", f"{status} is no final HTTP status")
