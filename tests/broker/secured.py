"""The Kafka of the broker tests: beside its open listener one for SASL over TLS and one that asks for certificates."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from streams.local_kafka import HeldPorts, LocalKafka

PASSWORD = "a-password-that-no-log-may-hold"  # the Kafka of this test alone knows it

LISTENERS = """\
listeners=PLAINTEXT://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual},CONTROLLER://127.0.0.1:{controller}
advertised.listeners=PLAINTEXT://127.0.0.1:{plain},SASL://127.0.0.1:{sasl},MUTUAL://127.0.0.1:{mutual}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SASL:SASL_SSL,MUTUAL:SSL
ssl.keystore.type=PEM
ssl.keystore.location={folder}/server.pem
ssl.truststore.type=PEM
ssl.truststore.location={folder}/ca.pem
listener.name.mutual.ssl.client.auth=required
listener.name.sasl.sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256,SCRAM-SHA-512
listener.name.sasl.plain.sasl.jaas.config=\
org.apache.kafka.common.security.plain.PlainLoginModule required user_tocsin="{password}";
listener.name.sasl.scram-sha-256.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.sasl.scram-sha-512.sasl.jaas.config=\
org.apache.kafka.common.security.scram.ScramLoginModule required;
"""


class Authority:
    """Makes certificates in a folder: `ca.pem`, and for each name one file with key and certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "authority of the test")])
        own = self._sign(self._name, self._key, authority=True)
        (folder / "ca.pem").write_bytes(own.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        pem = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        path = self._folder / f"{name}.pem"
        path.write_bytes(
            pem + self._sign(subject, key, authority=False).public_bytes(serialization.Encoding.PEM)
        )
        return path

    def _sign(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, *, authority: bool
    ) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(hours=1))
            .not_valid_after(now + timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
            .add_extension(
                x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False
            )
        )
        return builder.sign(self._key, hashes.SHA256())


class SecuredKafka(LocalKafka):
    """A local Kafka with two more listeners: `sasl` and `mutual` are their ports."""

    def __init__(self) -> None:
        super().__init__(short_lived=True)
        self._secured_ports = HeldPorts(2)
        self.sasl, self.mutual = self._secured_ports.numbers
        authority = Authority(self._folder)
        authority.issue("server")
        self.ca_file = self._folder / "ca.pem"
        self.client_file = authority.issue("client")
        text = self._properties.read_text()
        controller = text.split("CONTROLLER://127.0.0.1:")[1].splitlines()[0]
        kept = [line for line in text.splitlines() if not line.startswith(("listener", "advertised"))]
        added = LISTENERS.format(
            plain=self._port,
            sasl=self.sasl,
            mutual=self.mutual,
            controller=controller,
            folder=self._folder,
            password=PASSWORD,
        )
        self._properties.write_text("\n".join(kept) + "\n" + added)

    @property
    def data(self) -> Path:
        """The folder with a folder for each partition."""
        return self._folder / "data"

    def _format(self, *options: str) -> None:
        for mechanism in ("SCRAM-SHA-256", "SCRAM-SHA-512"):
            options += ("--add-scram", f"{mechanism}=[name=tocsin,password={PASSWORD}]")
        super()._format(*options)

    def close(self) -> None:
        super().close()
        self._secured_ports.close()
