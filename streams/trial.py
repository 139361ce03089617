"""A configuration on trial, as `tocsin up` runs it: on the embedded broker, with all endpoints calling one receiver.

Any configuration can be tried this way without its brokers, secrets and certificates, and nobody outside is alerted.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from pydantic import SecretStr

from alerting.endpoint import Endpoint
from streams.configuration import Configuration, load_configuration
from streams.settings import BrokerSettings


@dataclass(frozen=True, slots=True)
class Trial:
    """The broker and the receiver (`url` without a path) of a trial, and the secret that signs its webhooks."""

    servers: str
    url: str
    secret: str

    def load(self, folder: Path | None) -> Configuration:
        """The configuration of a folder, put on trial; no secrets are looked up. Raises ConfigurationError."""
        return self.put(load_configuration(folder, resolve_secrets=False))

    def put(self, configuration: Configuration) -> Configuration:
        """The configuration changed so that it reaches only this broker and this receiver."""
        settings = configuration.settings
        service = {"health_host": "127.0.0.1", "health_port": 0, "instance_id": None, "webhook_ca_file": None}
        tried = {
            "broker": BrokerSettings(servers=(self.servers,)),
            "service": settings.service.model_copy(update=service),
        }
        return replace(
            configuration,
            settings=settings.model_copy(update=tried),
            endpoints=tuple(map(self._local, configuration.endpoints)),
        )

    def _local(self, endpoint: Endpoint) -> Endpoint:
        # Keep this header, since it changes the body: a template whose endpoint sets a content type may yield text.
        typed = [name for name in endpoint.headers if name.lower() == "content-type"]
        return endpoint.model_copy(
            update={
                "url": SecretStr(f"{self.url}/{endpoint.id}"),
                "secrets": (SecretStr(self.secret),),
                "headers": {name: SecretStr("text/plain") for name in typed},
                "proxy": None,
                "allow_private": True,
                "allow_http": True,
                "rate_limit": None,
                # Apprise would call the real service.
                "format": "standard" if endpoint.format == "apprise" else endpoint.format,
            }
        )
