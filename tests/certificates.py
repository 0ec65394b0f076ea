"""Certificates made on the fly, as files."""

from __future__ import annotations

from pathlib import Path

import trustme
from cryptography import x509
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)


class Certificates:
    """A folder with CAs, a client certificate and keys.

    @ivar folder: where the files are.
    """

    def __init__(self, folder: str) -> None:
        self.folder = Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        authority = trustme.CA()
        client = authority.issue_cert("client.example")
        other = authority.issue_cert("other.example")
        self.ca_text = authority.cert_pem.bytes()
        self.client_text = client.cert_chain_pems[0].bytes()
        self.key_text = client.private_key_pem.bytes()
        self.ca = self.write("ca.pem", self.ca_text)
        self.client = self.write("client.pem", self.client_text)
        self.key = self.write("key.pem", self.key_text)
        self.other_key = self.write("other-key.pem", other.private_key_pem.bytes())

    def write(self, name: str, content: bytes) -> str:
        """Write a file and give its path."""
        path = self.folder / name
        path.write_bytes(content)
        return str(path)

    def bundle(self, count: int) -> str:
        """Write a file with several certificates."""
        texts = [trustme.CA().cert_pem.bytes() for _ in range(count)]
        return self.write(f"bundle-{count}.pem", b"# a comment\n".join(texts))

    def encrypted_key(self, password: bytes) -> str:
        """Write the client's key under a password."""
        key = load_pem_private_key(self.key_text, None)
        text = key.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(password)
        )
        return self.write("encrypted.pem", text)


def der(text: bytes) -> bytes:
    """Give a certificate's DER form."""
    return x509.load_pem_x509_certificate(text).public_bytes(Encoding.DER)
