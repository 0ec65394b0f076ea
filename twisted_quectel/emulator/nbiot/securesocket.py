"""TLS and its result codes on an emulated BC660K-GL (SSL Application Note v1.0, chapter 4)."""

from __future__ import annotations

from typing import Final

from ...tables.nbiot import RECV_LENGTHS
from ..dtlssocket import DTLSSocket
from ..netsocket import DNS_FAILED, TIMEOUT, Resolving
from ..securesocket import SecureSocket
from ..tlswire import TLSWire
from ..wire import Wire

EXCEPTION: Final = -1
CONNECTION: Final = -2
CERTIFICATE: Final = -3
KEY: Final = -4
CIPHER: Final = -5
STATE: Final = -6
TIMED_OUT: Final = -7
OTHER: Final = -9

#: What stands in OpenSSL's reasons and in those of L{TLSUnusable<twisted_quectel.emulator
#: .tls.TLSUnusable>}, in the order in which it counts.
_REASONS: Final = (
    ("connection lost", CONNECTION),
    ("do not fit", KEY),
    ("clientkey", KEY),
    ("certificate", CERTIFICATE),
    ("cacert", CERTIFICATE),
    ("clientcert", CERTIFICATE),
    ("unknown ca", CERTIFICATE),
    ("cipher", CIPHER),
    ("handshake failure", CIPHER),
)


def result_of(why: str) -> int:
    """Give the result code for what a handshake has failed with."""
    text = why.lower()
    return next((code for part, code in _REASONS if part in text), EXCEPTION)


class Results(Resolving):
    """Opening with the result codes of chapter 4.

    C{on_opened} is called with 0; -2 for a name that does not resolve, and for a peer that is
    not reached or goes; -3, -4 and -5 for certificate, key and cipher suites; -1 for what else
    goes wrong in a handshake; -7 for a time-out.
    """

    handshaking = False

    def _fail(self, code: int, why: str) -> None:
        if code == TIMEOUT:
            result = TIMED_OUT
        elif code == DNS_FAILED or not self.handshaking:
            result = CONNECTION
        elif "handshake failure" in why and self._peer_known():
            # the server's own certificate is behind us: so it wants one, and a good one
            result = CERTIFICATE
        else:
            result = result_of(why)
        super()._fail(result, why)

    def _peer_known(self) -> bool:
        """Whether the server has shown its certificate."""
        raise NotImplementedError


class NBSecureSocket(Results, SecureSocket):
    """A TLS connection; C{<timeout>} is for name, TCP and handshake together."""

    def _begin_stream(self, wire: Wire) -> None:
        self.handshaking = True
        super()._begin_stream(wire)

    def _peer_known(self) -> bool:
        wire = self._wire
        return isinstance(wire, TLSWire) and wire.tls.get_peer_certificate() is not None


class NBDTLSSocket(Results, DTLSSocket):
    """A DTLS connection; its 123 seconds are for name and handshake together."""

    def _connect(self) -> None:
        self.handshaking = True
        if self._timer is not None:
            self._negotiate_timeout = max(0.0, self._timer.getTime() - self._clock.seconds())
        super()._connect()

    def _peer_known(self) -> bool:
        return self._tls is not None and self._tls.get_peer_certificate() is not None

    def read(self, n: int) -> bytes:
        """Take one datagram; what of it is beyond what a URC carries is lost (2.4.1)."""
        return super().read(min(n, RECV_LENGTHS[-1]))
