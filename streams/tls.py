"""The TLS context of the brokers' connections, and what is wrong with the files it is made of."""

from __future__ import annotations

import ssl

from streams.settings import BrokerSettings


def ssl_context(broker: BrokerSettings) -> ssl.SSLContext:
    """The system's authorities or `ca_file`, and a client certificate where one is given. Raises OSError."""
    context = ssl.create_default_context(cafile=broker.ca_file)
    if broker.cert_file is not None:
        # An empty password, so that an encrypted key is an error and not a question at a terminal.
        context.load_cert_chain(broker.cert_file, broker.key_file, password="")
    return context


def tls_fault(broker: BrokerSettings) -> tuple[str, str] | None:
    """The key at fault and what is wrong with its file; None where nothing is."""
    for key, make in (("ca_file", _without_certificate(broker)), ("cert_file", broker)):
        try:
            ssl_context(make)
        except ssl.SSLError as error:
            reason = (error.reason or "unknown").replace("_", " ").lower()
            return key, f"cannot be used: {reason}; it must be PEM, and its key without a password"
        except OSError as error:
            return key, f"cannot be read: {error.strerror or error}"
    return None


def _without_certificate(broker: BrokerSettings) -> BrokerSettings:
    return broker.model_copy(update={"cert_file": None, "key_file": None})
