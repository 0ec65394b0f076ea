"""What OpenSSL finds, as the bits of C{+CSSLALERT} (SIM52xx SSL Application Note, chapter 5.2).

The bits are in the order of the alerts of RFC 5246 (chapter 7.2), with a few of the
module's own between them.  The module has no command to load a CA: it knows those of its
firmware, here none or what C{authorities} of its settings has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Final

from cryptography import x509
from cryptography.x509.oid import NameOID
from OpenSSL import SSL, crypto

from ..network import is_literal
from ..tls import TLSSettings, TLSUnusable, is_for, make_context

WARNING: Final = 0
FATAL: Final = 1
SUSPEND: Final = 2

BAD_SIGNATURE: Final = 0x00000100
BAD_ISSUER: Final = 0x00000200
REVOKED: Final = 0x00000800
EXPIRED: Final = 0x00001000
INVALID: Final = 0x00002000
UNKNOWN_CA: Final = 0x00010000
HOST_MISMATCH: Final = 0x04000000
#: Goes with everything that suspends an open, as in chapters 4.7 and 6.3.
VIEW_CERTIFICATE: Final = 0x08000000

_HANDSHAKE_FAILED: Final = 0x00000020
_WRONG_VERSION: Final = 0x00200000

#: C{X509_V_ERR_...} of OpenSSL's x509_vfy.h: a certificate that signed itself; a chain
#: that leads nowhere; a signature that is none; a revoked one.
_VERIFY_ERRORS: Final = {
    2: UNKNOWN_CA,
    7: BAD_SIGNATURE,
    18: BAD_ISSUER,
    19: UNKNOWN_CA,
    20: UNKNOWN_CA,
    21: UNKNOWN_CA,
    23: REVOKED,
    27: UNKNOWN_CA,
}
#: Its opinion on dates; they are compared with the module's clock.
_DATE_ERRORS: Final = frozenset((9, 10))

#: The ends of OpenSSL's reasons for alerts of the server.
_RECEIVED: Final = {
    "unexpected message": 0x00000001,
    "bad record mac": 0x00000002,
    "decryption failed": 0x00000004,
    "record overflow": 0x00000008,
    "decompression failure": 0x00000010,
    "handshake failure": _HANDSHAKE_FAILED,
    "no certificate": 0x00000040,
    "certificate required": 0x00000040,
    "bad certificate": 0x00000080,
    "unsupported certificate": 0x00000400,
    "certificate revoked": REVOKED,
    "certificate expired": EXPIRED,
    "certificate unknown": INVALID,
    "illegal parameter": 0x00004000,
    "unknown ca": UNKNOWN_CA,
    "access denied": 0x00020000,
    "decode error": 0x00040000,
    "decrypt error": 0x00080000,
    "export restriction": 0x00100000,
    "protocol version": _WRONG_VERSION,
    "insufficient security": 0x00400000,
    "internal error": 0x00800000,
    "user cancelled": 0x01000000,
    "user canceled": 0x01000000,
    "no renegotiation": 0x02000000,
    "unrecognized name": 0x10000000,
}
#: Reasons that OpenSSL finds by itself, where they have a bit of their own.
_OWN: Final = {
    "wrong version number": _WRONG_VERSION,
    "unsupported protocol": _WRONG_VERSION,
    "no protocols available": _WRONG_VERSION,
    "unexpected message": 0x00000001,
    "bad signature": BAD_SIGNATURE,
    "excessive message size": 0x00000008,
    "packet length too long": 0x00000008,
    "decryption failed or bad record mac": 0x00000002,
}
#: What L{TLSWire<twisted_quectel.emulator.tlswire.TLSWire>} says of a connection that TCP has lost.
_LOST: Final = "connection lost"


def bits_of_failure(why: str) -> int:
    """Give the bits for the reason of a failed handshake.

    @param why: OpenSSL's reasons, joined by commas.
    @return: 0 where TLS has nothing to do with it.
    """
    if why.startswith(_LOST):
        return 0
    bits = 0
    for reason in why.split(", "):
        for table in (_RECEIVED, _OWN):
            for end, bit in table.items():
                if reason.endswith(end):
                    bits |= bit
    return bits or _HANDSHAKE_FAILED


def _common_name(certificate: x509.Certificate) -> str:
    names = certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(names[0].value).lower() if names else ""


def _belongs_to(certificate: x509.Certificate, host: str) -> bool:
    return _common_name(certificate) == host.lower() or is_for(certificate, host)


class Inspector:
    """Looks at the certificates of one handshake; refuses none.

    @ivar found: the bits of what was found, 0 for nothing.
    """

    def __init__(self, host: str, now: Callable[[], datetime]) -> None:
        """
        @param host: as the host gave it, a name or an IP literal.
        @param now: the module's clock, in UTC.
        """
        self.found = 0
        self._host = host
        self._now = now

    def verify(
        self, connection: SSL.Connection, certificate: crypto.X509, error: int, depth: int, ok: int
    ) -> bool:
        """Take what OpenSSL says of one certificate of the chain."""
        if not ok and error not in _DATE_ERRORS:
            self._note(_VERIFY_ERRORS.get(error, INVALID))
        parsed = certificate.to_cryptography()
        now = self._now()
        if now.tzinfo is None:
            now = now.replace(tzinfo=UTC)
        if now > parsed.not_valid_after_utc:
            self._note(EXPIRED)
        elif now < parsed.not_valid_before_utc:
            self._note(INVALID)
        if depth == 0 and not _belongs_to(parsed, self._host):
            self._note(HOST_MISMATCH)
        return True

    def _note(self, bits: int) -> None:
        self.found |= bits | VIEW_CERTIFICATE


class Trust:
    """The TLS of one module: TLS 1.0 to 1.2, every suite of the list in L{tables.ciphers}.

    @param authorities: the CAs of the firmware, PEM; empty for none.
    @raise ValueError: they are no certificates.
    """

    def __init__(self, authorities: bytes = b"") -> None:
        self._context = make_context(TLSSettings())
        store = self._context.get_cert_store()
        assert store is not None
        for each in _certificates(authorities):
            store.add_cert(crypto.X509.from_cryptography(each))

    def connection(self, host: str, inspector: Inspector | None = None) -> SSL.Connection:
        """Make a connection over memory BIOs, ready for C{do_handshake}.

        @param inspector: looks at the certificates; L{None} for nobody.
        @raise TLSUnusable: the host cannot be a server's name.
        """
        connection = SSL.Connection(self._context)
        connection.set_connect_state()
        if inspector is not None:
            connection.set_verify(SSL.VERIFY_PEER, inspector.verify)
        if not is_literal(host):
            try:
                connection.set_tlsext_host_name(host.encode("idna"))
            except (UnicodeError, SSL.Error) as e:
                raise TLSUnusable(f"not a host name: {host!r}") from e
        return connection


def _certificates(authorities: bytes) -> Iterable[x509.Certificate]:
    if not authorities:
        return []
    try:
        return x509.load_pem_x509_certificates(authorities)
    except ValueError:
        raise ValueError("authorities: no PEM with certificates") from None
