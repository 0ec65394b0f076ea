"""TLS on the host where a connect ends with the handshake, as the module's does."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cryptography.x509 import Certificate
from OpenSSL import SSL
from OpenSSL.crypto import X509StoreContext, X509StoreContextError
from service_identity import VerificationError
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.error import (
    ConnectingCancelledError,
    ConnectionDone,
    ConnectionLost,
    NoProtocol,
)
from twisted.internet.interfaces import (
    IAddress,
    IDelayedCall,
    IHandshakeListener,
    IOpenSSLClientConnectionCreator,
    IProtocol,
    IProtocolFactory,
    IReactorTime,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure
from zope.interface import implementer

from .errors import HostTLSFailed, ModemError, ModemTimeout
from .hosttls import HostTLS
from .hosttlsfactory import HostTLSFactory
from .modem import Modem


@implementer(IHandshakeListener)
class _Waiting(Protocol):
    """Holds the application's place until it is known who the server is."""

    transport: Any

    def __init__(self, owner: Handshake) -> None:
        self._owner = owner

    def handshakeCompleted(self) -> None:
        """Let the application in."""
        if not self.transport.refused:
            self._owner.completed(self.transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """It has not come to that."""
        self._owner.failed(reason, self.transport)


class Handshake(Factory):
    """One connection whose protocol is made once the handshake is over.

    @ivar done: fires with the protocol, or with L{HostTLSFailed}.
    """

    noisy = False

    def __init__(self, factory: IProtocolFactory, name: str) -> None:
        """
        @param factory: the application's.
        @param name: which server, for messages.
        """
        self.done: Deferred[IProtocol] = Deferred(self._cancelled)
        self.transport: Any = None
        self._factory = factory
        self._name = name

    def doStart(self) -> None:
        """Begin, as the application's factory does."""
        self._factory.doStart()

    def doStop(self) -> None:
        """End, as the application's factory does."""
        self._factory.doStop()

    def buildProtocol(self, addr: IAddress | None) -> Protocol:
        """Hold the application's place."""
        return _Waiting(self)

    def completed(self, tls: Any) -> None:
        """Make the protocol, and hand the connection over to it."""
        if self.done.called:
            return
        try:
            protocol: Any = self._factory.buildProtocol(tls.getPeer())
            if protocol is None:
                raise NoProtocol()
        except Exception:
            reason = Failure()
            tls.abortConnection()
            self._fire(reason)
            return
        tls.wrappedProtocol = protocol
        try:
            protocol.makeConnection(tls)
            if IHandshakeListener.providedBy(protocol):
                protocol.handshakeCompleted()
        finally:
            # what the protocol raises the transport logs, and ends by it, as without TLS
            if not self.done.called:
                self.done.callback(protocol)

    def failed(self, reason: Failure, tls: Any) -> None:
        """Say why."""
        if self.done.called:
            return
        doubt = _doubt(reason, tls)
        problem = HostTLSFailed(
            f"{self._name}: the TLS handshake on the host failed: {doubt or _why(reason)}"
        )
        problem.reason = reason.value
        problem.unverified = bool(doubt)
        self._fire(Failure(problem))

    def _fire(self, reason: Failure) -> None:
        if not self.done.called:
            self.done.errback(reason)

    def _cancelled(self, _: Deferred[IProtocol]) -> None:
        if self.transport is not None:
            self.transport.abortConnection()


def what_was_wrong(reason: Failure, tls: Any) -> str:
    """Say in a line why a connection with TLS on the host was lost, as far as TLS is the cause.

    @param tls: its transport.
    """
    return _doubt(reason, tls) or _why(reason)


def _doubt(reason: Failure, tls: Any) -> str:
    """Say what is wrong with the server's certificate; empty if it is not that."""
    if reason.check(VerificationError):
        return "the server's certificate is for another name"
    if not reason.check(SSL.Error) or "certificate verify failed" not in str(reason.value):
        return ""
    handle = tls.getHandle()
    # the verdict is OpenSSL's; this asks once more for the words, as far as there is a chain
    chain = handle.get_peer_cert_chain() or ()
    try:
        for first, *others in (chain,) if chain else ():
            store = handle.get_context().get_cert_store()
            X509StoreContext(store, first, others).verify_certificate()
    except X509StoreContextError as e:
        subject = e.certificate.to_cryptography().subject.rfc4514_string()
        return f"the certificate {subject} does not verify: {e}"
    return "the server's certificate does not verify"


def _why(reason: Failure) -> str:
    """Say in a line what a handshake has failed by."""
    problem = reason.value
    if isinstance(problem, SSL.Error):
        told = [each[-1] for each in (problem.args[0] if problem.args else ()) if each[-1]]
        return ", ".join(told) or "the server has broken it off"
    if isinstance(problem, (ConnectionDone, ConnectionLost)) and not isinstance(
        problem, ModemError
    ):
        return "the server has closed the connection in the middle of it"
    return str(problem) or type(problem).__name__


async def shake_hands(
    reactor: IReactorTime,
    inner: IStreamClientEndpoint,
    options: IOpenSSLClientConnectionCreator,
    factory: IProtocolFactory,
    name: str,
    timeout: float,
    begins: Callable[[], None] | None = None,
) -> IProtocol:
    """Connect, make the handshake, and give the application's protocol.

    @param inner: makes the connection beneath.
    @param name: of the server, for messages.
    @param timeout: seconds for both.
    @param begins: called when the connection is there and the handshake begins.
    @raise HostTLSFailed: if the server is not who it should be, or has no TLS in common.
    """
    began = reactor.seconds()
    shaking = Handshake(factory, name)
    shaking.transport = await inner.connect(HostTLSFactory(options, True, shaking, clock=reactor))

    if begins is not None:
        begins()

    def late() -> None:
        shaking.done.errback(
            ModemTimeout(f"{name} has not ended the TLS handshake within {timeout:g} s")
        )
        shaking.transport.abortConnection()

    left = max(0.0, began + timeout - reactor.seconds())
    timer: IDelayedCall = reactor.callLater(left, late)
    try:
        return await shaking.done
    except CancelledError:
        raise ConnectingCancelledError(shaking.transport.getPeer()) from None
    finally:
        if timer.active():
            timer.cancel()


@implementer(IStreamClientEndpoint)
class HandshakeEndpoint:
    """TLS on the host over a module's TCP; the connect ends with the handshake.

    @ivar modem: whose TCP it is.
    """

    def __init__(
        self,
        modem: Modem,
        inner: IStreamClientEndpoint,
        tls: HostTLS,
        name: str,
        timeout: float,
        begins: Callable[[], None] | None = None,
    ) -> None:
        """
        @param inner: makes the connections beneath.
        @param name: of the server, for messages.
        @param timeout: seconds for the whole connect.
        @param begins: called whenever a handshake begins.
        @raise InvalidValue: if no certificate can be for that host.
        """
        self.modem = modem
        self._inner = inner
        self._name = name
        self._timeout = timeout
        self._begins = begins
        self._options = tls.options()

    def __repr__(self) -> str:
        return f"<HandshakeEndpoint over {self._inner!r}>"

    def connect(self, protocolFactory: IProtocolFactory) -> Deferred[IProtocol]:
        """Connect.

        @return: fires with the protocol once the handshake is over; fails with
            L{HostTLSFailed}, or as the endpoint beneath does.
        """
        return Deferred.fromCoroutine(
            shake_hands(
                self.modem.reactor,
                self._inner,
                self._options,
                protocolFactory,
                self._name,
                self._timeout,
                self._begins,
            )
        )


def verified_chain(tls: Any) -> list[Certificate]:
    """Give the chain of a connection as it was verified, the server's own certificate first."""
    return list(tls.getHandle().get_verified_chain(as_cryptography=True) or ())
