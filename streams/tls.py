"""The TLS context for connections to the brokers, and what is wrong with files of certificates."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from functools import partial

from streams.settings import BrokerSettings


def ssl_context(broker: BrokerSettings) -> ssl.SSLContext:
    """The system's authorities or `ca_file`, and a client certificate where one is given. Raises OSError."""
    context = ssl.create_default_context(cafile=broker.ca_file)
    if broker.cert_file is not None:
        # With an empty password an encrypted key is an error; without, the terminal would be asked for one.
        context.load_cert_chain(broker.cert_file, broker.key_file, password="")
    return context


def tls_fault(broker: BrokerSettings) -> tuple[str, str] | None:
    """The key at fault and what is wrong with its file; None where nothing is."""
    without_certificate = broker.model_copy(update={"cert_file": None, "key_file": None})
    for key, make in (("ca_file", without_certificate), ("cert_file", broker)):
        if (fault := _fault(partial(ssl_context, make))) is not None:
            return key, fault
    return None


def authorities_fault(file: str) -> str | None:
    """What is wrong with a file of authorities; None where nothing is."""
    return _fault(partial(ssl.create_default_context, cafile=file))


def _fault(make: Callable[[], ssl.SSLContext]) -> str | None:
    try:
        make()
    except ssl.SSLError as error:
        reason = (error.reason or "unknown").replace("_", " ").lower()
        return f"cannot be used: {reason}; it must be PEM, and its key without a password"
    except OSError as error:
        return f"cannot be read: {error.strerror or error}"
    return None
