"""Certificates and keys: checked on the host, then written so that a module takes them.

A PEM file goes up with C{AT+QFUPL}, which C{+++} ends early (FILE AT Commands
Manual); base64 has that character, so the lines are cut where it would stand.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Final

from .arguments import read_text
from .at.syntax import InvalidValue

if TYPE_CHECKING:
    from cryptography import x509

#: Marks a file that is on the module already, as in C{module:RAM:ca.pem}.
MODULE_PREFIX: Final = "module:"

_MAX_FILE: Final = 1 << 20
_MAX_NAME: Final = 80
_WIDTH: Final = 64
_NARROWEST: Final = 32
_BLOCK: Final = re.compile(
    rb"-----BEGIN ([A-Z0-9 ]{1,40})-----[ \t]*\r?\n(.*?)-----END \1-----", re.DOTALL
)
_CERTIFICATES: Final = (b"CERTIFICATE", b"X509 CERTIFICATE")
_KEYS: Final = (b"PRIVATE KEY", b"RSA PRIVATE KEY", b"EC PRIVATE KEY")


@dataclass(frozen=True)
class PEM:
    """What one file on the module shall hold.

    @ivar data: PEM blocks, LF line ends, no line with C{+++}; never in C{repr}.
    @ivar label: where it came from, for messages; not part of the identity.
    @ivar private: whether it is a private key.
    """

    data: bytes = field(repr=False)
    label: str = field(compare=False)
    private: bool = False

    @cached_property
    def name(self) -> str:
        """The file's name on the module: it and the size prove the content."""
        return f"tq-{hashlib.sha256(self.data).hexdigest()[:16]}.pem"


@dataclass(frozen=True)
class ModuleFile:
    """A file that is already on the module.

    @ivar path: as the module knows it: C{RAM:ca.pem}, C{UFS:ca.pem} or a bare name.
    """

    path: str

    def __post_init__(self) -> None:
        read_text("path", self.path, _MAX_NAME, 1)


Source = PEM | ModuleFile


def load_certificates(argument: str, path: str | os.PathLike[str]) -> tuple[PEM, ...]:
    """Read one or two CA certificates, each as a file of its own.

    @param argument: what the user calls the file, for messages.
    @raise InvalidValue: if the file cannot be read, holds no certificate, a
        damaged one, or more than the two that a module takes.
    """
    blocks = _certificate_blocks(argument, path)
    if len(blocks) > 2:
        raise InvalidValue(
            argument,
            f"{os.fspath(path)} is a bundle of {len(blocks)} certificates, and a module takes"
            " one or two: write a file with only the CA of this server",
        )
    _check_certificates(argument, path, blocks)
    return tuple(PEM(block, os.fspath(path)) for block in blocks)


def load_bundle(argument: str, path: str | os.PathLike[str]) -> tuple[bytes, ...]:
    """Read CA certificates for the host's own TLS, as many as there are, each in PEM.

    @raise InvalidValue: if the file cannot be read, holds no certificate, or a damaged one.
    """
    blocks = _certificate_blocks(argument, path)
    _check_certificates(argument, path, blocks)
    return tuple(blocks)


def load_certificate(argument: str, path: str | os.PathLike[str]) -> PEM:
    """Read a client's own certificate.

    @raise InvalidValue: as L{load_certificates}, and if there is more than one.
    """
    blocks = _certificate_blocks(argument, path)
    if len(blocks) > 1:
        raise InvalidValue(
            argument,
            f"{os.fspath(path)} holds {len(blocks)} certificates, and a module takes one here:"
            " leave only the client's own in it",
        )
    _check_certificates(argument, path, blocks)
    return PEM(blocks[0], os.fspath(path))


def load_key(argument: str, path: str | os.PathLike[str]) -> PEM:
    """Read an unencrypted private key.

    @raise InvalidValue: if the file cannot be read or holds no such key.
    """
    shown = os.fspath(path)
    text = _read(argument, path)
    blocks = [(kind, body) for kind, body in _BLOCK.findall(text) if kind.endswith(b"PRIVATE KEY")]
    if not blocks:
        raise InvalidValue(
            argument,
            f"{shown} holds no private key in PEM form (-----BEGIN PRIVATE KEY-----)",
        )
    if len(blocks) > 1:
        raise InvalidValue(argument, f"{shown} holds {len(blocks)} private keys: leave one in it")
    kind, body = blocks[0]
    if kind == b"ENCRYPTED PRIVATE KEY" or b"ENCRYPTED" in body:
        raise InvalidValue(
            argument,
            f"{shown} is encrypted, and nobody can be asked for the password: decrypt it with"
            " openssl pkey -in FILE -out PLAIN, and protect PLAIN with chmod 600",
        )
    if kind not in _KEYS:
        raise InvalidValue(
            argument,
            f"{shown} holds an {kind.decode('ascii')}, which modules do not read:"
            " convert it with ssh-keygen -p -m PEM",
        )
    data = _write(argument, shown, kind, body)
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        load_pem_private_key(data, None)
    except Exception:
        raise InvalidValue(argument, f"the private key in {shown} is damaged") from None
    return PEM(data, shown, private=True)


def check_pair(cert: PEM, key: PEM, argument: str = "clientKey") -> None:
    """Make sure that a private key belongs to a certificate.

    @param argument: what the user calls the key.
    @raise InvalidValue: if it does not.
    """
    from cryptography.hazmat.primitives.serialization import (
        Encoding,
        PublicFormat,
        load_pem_private_key,
    )

    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    theirs = _parse_certificate(cert.data).public_key().public_bytes(*form)
    ours = load_pem_private_key(key.data, None).public_key().public_bytes(*form)
    if theirs != ours:
        raise InvalidValue(
            argument, f"the key in {key.label} does not fit the certificate in {cert.label}"
        )


def rewrap(kind: bytes, der: bytes) -> bytes:
    """Write one PEM block so that no line holds C{+++}.

    Lines of one length, 64 if possible, are what the strictest readers want;
    only where no such length will do is a single line ended early.
    """
    body = base64.b64encode(der)
    for width in range(_WIDTH, _NARROWEST - 1, -1):
        lines = [body[start : start + width] for start in range(0, len(body), width)]
        if not any(b"+++" in line for line in lines):
            break
    else:
        lines = _cut(body)
    return b"\n".join((b"-----BEGIN " + kind + b"-----", *lines, b"-----END " + kind + b"-----\n"))


def _cut(body: bytes) -> list[bytes]:
    """Cut into lines of at most 64, each ended before a third plus sign."""
    lines: list[bytes] = []
    start = 0
    while start < len(body):
        end = start + _WIDTH
        plus = body.find(b"+++", start, end)
        if plus >= 0:
            end = plus + 2
        lines.append(body[start:end])
        start = end
    return lines


def _read(argument: str, path: str | os.PathLike[str]) -> bytes:
    """Read a file that cannot be a PEM file if it is large."""
    shown = os.fspath(path)
    try:
        with open(path, "rb") as file:
            text = file.read(_MAX_FILE + 1)
    except OSError as e:
        raise InvalidValue(argument, f"cannot read {shown!r}: {e.strerror}") from None
    except ValueError:
        raise InvalidValue(argument, f"{shown!r} is not the name of a file") from None
    if len(text) > _MAX_FILE:
        raise InvalidValue(argument, f"{shown} is larger than {_MAX_FILE} bytes")
    return text


def _certificate_blocks(argument: str, path: str | os.PathLike[str]) -> list[bytes]:
    """Read every certificate of a file, re-wrapped."""
    shown = os.fspath(path)
    blocks = [
        _write(argument, shown, b"CERTIFICATE", body)
        for kind, body in _BLOCK.findall(_read(argument, path))
        if kind in _CERTIFICATES
    ]
    if not blocks:
        raise InvalidValue(
            argument,
            f"{shown} holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)",
        )
    return blocks


def _check_certificates(
    argument: str, path: str | os.PathLike[str], blocks: Sequence[bytes]
) -> None:
    """Make sure that certificates are whole."""
    for block in blocks:
        try:
            _parse_certificate(block)
        except ValueError:
            raise InvalidValue(argument, f"a certificate in {os.fspath(path)} is damaged") from None


def _parse_certificate(block: bytes) -> x509.Certificate:
    """Take a certificate apart.

    @raise ValueError: if it is damaged.
    """
    from cryptography import x509

    with warnings.catch_warnings():
        # what an old CA has done is for the module to judge
        warnings.simplefilter("ignore")
        return x509.load_pem_x509_certificate(block)


def _write(argument: str, shown: str, kind: bytes, body: bytes) -> bytes:
    """Give a PEM block in the form that goes to the module."""
    try:
        der = base64.b64decode(b"".join(body.split()), validate=True)
    except binascii.Error:
        raise InvalidValue(argument, f"the base64 in {shown} is damaged") from None
    return rewrap(kind, der)
