"""What can go wrong, as exceptions.

Each class that reaches an application is both a L{ModemError} and the Twisted
class that programs already catch.  The numbers are those of the LTE SSL
Application Note v1.1, chapter 5, and of 3GPP TS 27.007, chapter 9.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from twisted.internet import error

from .alerts import CSSLAlert, describe
from .tables.causes import CASES, CAUSES
from .tables.cme import CME_ERRORS, REGISTRATION
from .tables.ftps import RESULT_CODES as FTPS_CODES
from .tables.lte import RESULT_CODES
from .tables.meanings import BELOW_ZERO, OF_COMMANDS


def _shown(text: str) -> str:
    """Give a message as one line; what a module puts into it does not reach a terminal."""
    if text.isprintable():
        return text
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in text
    )


class ModemError(Exception):
    """Something went wrong with a module.

    @ivar code: the module's number for it, if it gave one.
    @ivar family: the family of the module (C{"lte"}...), if it is known.
    @ivar command: the command it answered, secrets replaced.
    @ivar trace: the last lines of the dialogue, at most ten, secrets replaced.
    @ivar case: which of several cases of its class it is, if that is known.
    """

    def __init__(
        self,
        message: str = "",
        *,
        code: int | None = None,
        family: str | None = None,
        command: str | None = None,
        trace: Sequence[str] = (),
        case: str = "",
        causes: Sequence[str] = (),
    ) -> None:
        """
        @param causes: what is likely behind this very one; left out: what is
            likely behind its class, or its case.
        """
        # Twisted's connect errors keep (osError, string) in args; ours is all text
        self.message = message = _shown(message)
        Exception.__init__(self, message)
        self.code = code
        self.family = family
        self.command = command
        self.trace = tuple(trace)
        self.case = case
        self._causes = tuple(causes)

    def __str__(self) -> str:
        return self.message or (self.__doc__ or "").strip().splitlines()[0]

    @property
    def meaning(self) -> str:
        """What the documents say about C{code}; empty without one that they list."""
        if self.code is None:
            return ""
        family, command = self.family or "", (self.command or "").partition("=")[0]
        own = OF_COMMANDS.get((family, command))
        if own is None and self.code < 0:
            own = BELOW_ZERO.get(family, {})
        if own is not None:
            return own.get(self.code, "")
        return RESULT_CODES.get(self.code) or CME_ERRORS.get(self.code, "")

    @property
    def causes(self) -> tuple[str, ...]:
        """What is likely behind it, the likeliest first, and what helps."""
        if self._causes:
            return self._causes
        for cls in type(self).__mro__:
            found = CASES.get(f"{cls.__name__}.{self.case}") or CAUSES.get(cls.__name__)
            if found:
                return found
        return ()

    def explain(self) -> str:
        """Give all that is known, for people, on several lines."""
        lines = [str(self)]
        if self.code is not None:
            lines.append(f"code: {self.code}" + (f" ({self.meaning})" if self.meaning else ""))
        if self.command:
            lines.append(f"command: {self.command}")
        if self.causes:
            lines += ["likely causes:", *(f"  - {cause}" for cause in self.causes)]
        if self.trace:
            lines += ["last lines of the dialogue:", *(f"  {line}" for line in self.trace)]
        return "\n".join(lines)


def carry(problem: object, last: Callable[[], Sequence[str]]) -> None:
    """Give an exception the last lines of the dialogue, if it has none and may have."""
    if isinstance(problem, ModemError) and not problem.trace:
        problem.trace = tuple(last())


class CommandFailed(ModemError):
    """A command was answered by an error.

    @ivar result: the final result as it came.
    """

    def __init__(
        self,
        message: str = "",
        *,
        result: bytes = b"",
        code: int | None = None,
        family: str | None = None,
        command: str | None = None,
        trace: Sequence[str] = (),
    ) -> None:
        super().__init__(message, code=code, family=family, command=command, trace=trace)
        self.result = result


class CommandTimeout(ModemError, error.TimeoutError):
    """A command was not answered in time."""


class PortLost(ModemError, error.ConnectionLost):
    """The port to the module is gone."""


class PortUnresponsive(PortLost):
    """The module has stopped to answer on this port."""


class ModemConnectError(ModemError, error.ConnectError):
    """A connection could not be opened."""


class ModemBusyError(ModemConnectError):
    """The module, or all of its sockets, contexts or channels, are in use."""


class ModemParameterError(ModemConnectError, ValueError):
    """The module does not take a parameter, or has stopped to take any."""


class UnsupportedOperation(ModemConnectError):
    """This module cannot do that."""


class OperationNotAllowed(ModemConnectError):
    """The network or the module's configuration does not allow that."""


class ModemResourceError(ModemConnectError):
    """The module has no memory or no socket left."""


class ConnectBindError(ModemError, error.ConnectBindError):
    """The module could not bind a local port."""


class NetworkDown(ModemConnectError):
    """There is no packet data connection."""


class ActivationFailed(NetworkDown):
    """The packet data connection cannot be made, although all that it needs is there."""


class SocketIdInUse(ModemConnectError):
    """The module says that this socket is already in use."""


class ModemDNSError(ModemConnectError, error.DNSLookupError):
    """The module could not resolve the name."""


class ModemListenError(ModemError, error.CannotListenError):
    """The module cannot listen on that port, or not now.

    @ivar interface: the address on which it was to listen, as it was given.
    @ivar port: the port.
    @ivar socketError: the exception behind it, if there was one.
    """

    interface: str = ""
    port: int = 0
    socketError: Exception | None = None


class TCPOpenFailed(ModemConnectError):
    """The TCP connection could not be opened: refused, or unreachable."""


class TLSOpenFailed(ModemConnectError):
    """The TLS connection could not be opened; the module does not say why."""


class _Alerts:
    """What the module has found wrong with TLS."""

    code: int | None

    @property
    def alerts(self) -> CSSLAlert:
        """What it has found."""
        return CSSLAlert(self.code or 0)

    @property
    def meaning(self) -> str:
        """What that is, in the words of the document."""
        return describe(self.code) if self.code else ""


class AlertRaised(_Alerts, TLSOpenFailed):
    """The module has found something wrong with the handshake.

    @ivar code: the bits of its alerts; L{None} if it has not said which.
    """


class CertificateVerificationError(AlertRaised):
    """The module does not take the server's certificate.

    @ivar expired: whether it has expired, by the module's clock.
    """

    @property
    def expired(self) -> bool:
        """Whether it has expired, by the module's clock."""
        return bool(self.alerts & CSSLAlert.EXPIRED)


class TLSNegotiationError(AlertRaised):
    """Module and server do not agree on a handshake."""


class FTPSFailed(ModemError):
    """The module's FTPS stack could not do something, or the server would not.

    @ivar code: the module's number for it; L{None} if it gave none.
    """

    @property
    def meaning(self) -> str:
        """What the number means."""
        return FTPS_CODES.get(self.code, "") if self.code is not None else ""


class HostTLSFailed(ModemConnectError):
    """The TLS handshake on the host failed.

    @ivar reason: what Twisted or OpenSSL has given as the reason.
    @ivar unverified: whether the server's certificate was not taken.
    """

    reason: BaseException | None = None
    unverified = False


class ModemTimeout(ModemError, error.TimeoutError):
    """The connection was not opened in time."""


class IdentityNotChecked(ModemConnectError):
    """The firmware cannot check the server's name, and C{identity=require} asks for it."""


class ModemNotReady(ModemConnectError):
    """The modem could not be brought up."""


class DeviceError(ModemNotReady):
    """The device is missing, forbidden or in use."""


class NoAnswer(ModemNotReady):
    """Nothing on the device answers to AT commands."""


class UnknownModel(ModemNotReady):
    """The module is of a model that no family knows."""


class SIMError(ModemNotReady):
    """The SIM card is absent, locked or refused."""


class RegistrationError(ModemNotReady):
    """The module is not registered in a network.

    @ivar code: the state that it reports (27.007 chapter 7.2).
    """

    @property
    def meaning(self) -> str:
        """What the state means."""
        return REGISTRATION.get(self.code, "") if self.code is not None else ""


class CertificateStoreError(ModemConnectError):
    """A file could not be put on the module."""


class UnverifiedContext(ModemConnectError):
    """A provisioned SSL context does not verify the server."""


class ModemClosed(ModemConnectError):
    """The modem was closed."""


class ModuleLost(ModemError, error.ConnectionLost):
    """A connection ended because the module restarted, hung or went away."""


class SendFailed(ModemError, error.ConnectionLost):
    """A connection ended because bytes were not taken, or their fate is unknown."""


class SessionAlert(_Alerts, ModemError, error.ConnectionLost):
    """A connection ended because the module has raised an alert on it while it was open.

    @ivar code: the bits of the alert.
    """


class PeerSilent(ModemError, error.ConnectionLost):
    """A connection ended because nothing came on it for as long as C{idleTimeout} allows."""


class RemoteViolation(ModemError, error.ConnectionLost):
    """The module has said something that cannot be."""
