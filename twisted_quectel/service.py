"""C{twistd quectel}: programs that are not Twisted go through the module.

    twistd -n quectel --forward tcp:8883=quectelssl:host=broker.example:port=8883:modem=gateway

As stunnel does for a client: what connects here goes on over the module.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from twisted.application.service import MultiService, Service
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import clientFromString, serverFromString
from twisted.internet.interfaces import IListeningPort, IStreamClientEndpoint, IStreamServerEndpoint
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from .forward import Forwarder
from .modemfile import VARIABLE
from .starting import refusal

_CUT: Final = re.compile(r"=(?=quectel[a-z]*:)")
_ESCAPED: Final = re.compile(r"\\.", re.DOTALL)
#: Where a server listens that does not say where, and as which part it may say so without a name.
_LOOPBACK: Final = {"tcp": ("127.0.0.1", 2), "ssl": ("127.0.0.1", 5), "tcp6": (r"\:\:1", 3)}
#: What stands in front of another server endpoint string.
_WRAPPERS: Final = ("haproxy:",)


def on_loopback(listen: str) -> str:
    """Have a server endpoint string that does not say where it listens listen on loopback.

    @param listen: Twisted's; what listens on no network is given back as it is.
    """
    for wrapper in _WRAPPERS:
        if listen.startswith(wrapper):
            return wrapper + on_loopback(listen[len(wrapper) :])
    # what has a backslash in front cuts nothing
    kind, *parts = _ESCAPED.sub("", listen).split(":")
    if kind not in _LOOPBACK:
        return listen
    address, place = _LOOPBACK[kind]
    unnamed = [part for part in parts if "=" not in part]
    if len(unnamed) >= place or any(part.startswith("interface=") for part in parts):
        return listen
    return f"{listen}:interface={address}"


def split_forward(text: str) -> tuple[str, str]:
    """Take C{LISTEN=TARGET} apart; what does not say where it listens does so on loopback.

    @raise UsageError: if it is not of that form.
    """
    parts = _CUT.split(text, maxsplit=1)
    if len(parts) != 2 or not parts[0]:
        raise usage.UsageError(
            f"--forward: {text!r} is not LISTEN=TARGET, such as "
            "tcp:8883=quectelssl:host=broker.example:port=8883:modem=gateway"
        )
    listen, target = parts
    if listen.isdigit():
        listen = f"tcp:{listen}"
    return on_loopback(listen), target


class Options(usage.Options):
    """The options of C{twistd quectel}."""

    synopsis = "--forward LISTEN=TARGET [--forward ...] [--modems FILE]"
    longdesc = (
        "Takes connections, and has each go on over a cellular module. LISTEN is a server "
        "endpoint string of Twisted (tcp:8883 listens on loopback; unix:/run/broker; "
        "tcp:8883:interface=0.0.0.0 for everybody), TARGET one of quectelssl:, quecteltcp: and "
        "quecteltls:."
    )
    optParameters = [  # noqa: RUF012 - as usage.Options has it
        ["modems", None, None, "The modem file, in place of the usual ones."],
    ]

    def __init__(self) -> None:
        usage.Options.__init__(self)
        self.forwards: list[tuple[str, str]] = []
        self.endpoints: list[tuple[str, IStreamServerEndpoint, IStreamClientEndpoint]] = []

    def opt_forward(self, text: str) -> None:
        """LISTEN=TARGET; may be given several times."""
        self.forwards.append(split_forward(text))

    def postOptions(self) -> None:
        """Refuse what cannot be."""
        if not self.forwards:
            raise usage.UsageError("--forward: say at least once what goes where (LISTEN=TARGET)")
        path = self["modems"]
        if path is not None:
            if not os.path.isfile(path):
                raise usage.UsageError(f"--modems: {path!r} is not a file")
            os.environ[VARIABLE] = os.path.abspath(path)
        # twistd has chosen one by now; what is wrong with a string is said before it starts
        from twisted.internet import reactor

        for listen, target in self.forwards:
            try:
                client = clientFromString(reactor, target)
                server = serverFromString(reactor, listen)
            except Exception as e:
                # anybody's parsers: files that are not there, certificates that are none
                why = str(e) or type(e).__name__
                raise usage.UsageError(f"--forward {listen}: {why}") from None
            self.endpoints.append((listen, server, client))


class ForwardService(Service):
    """One forward.

    @ivar port: where it listens, once it does.
    """

    _log = Logger()

    def __init__(
        self,
        listen: str,
        server: IStreamServerEndpoint,
        forwarder: Forwarder,
        refused: Callable[[str], BaseException] = SystemExit,
    ) -> None:
        """
        @param listen: what the server endpoint was made from, for messages.
        @param refused: gives what is raised, with one line, when it cannot listen.
        """
        self.port: IListeningPort | None = None
        self._listen = listen
        self._server = server
        self._forwarder = forwarder
        self._refused = refused
        self._starting: Deferred[Any] | None = None

    def privilegedStartService(self) -> None:
        """Listen, while this may still be done."""
        self._starting = self._server.listen(self._forwarder)
        failures: list[Failure] = []
        self._starting.addCallbacks(self._listening, failures.append)
        if failures:
            raise self._refused(f"--forward {self._listen}: {failures[0].getErrorMessage()}")

    def startService(self) -> None:
        """Begin."""
        Service.startService(self)
        self._forwarder.start()
        if self._starting is None:
            self.privilegedStartService()

    def _listening(self, port: IListeningPort) -> None:
        self.port = port
        self._log.info("{listen} is open", listen=self._listen)

    def stopService(self) -> Deferred[None]:
        """Take no more, and end what there is in order."""
        Service.stopService(self)
        self._starting = None
        port, self.port = self.port, None
        stopped: Deferred[Any] = Deferred()
        stopped.addCallback(lambda _: self._forwarder.stop())
        if port is None:
            stopped.callback(None)
        else:
            closing = port.stopListening()
            if isinstance(closing, Deferred):
                closing.chainDeferred(stopped)
            else:
                stopped.callback(None)
        return stopped


def makeService(options: Options) -> MultiService:
    """Make the service."""
    # twistd has chosen one by now
    from twisted.internet import reactor

    clock: Any = reactor
    service = MultiService()
    refused = partial(refusal, options)
    for listen, server, client in options.endpoints:
        forward: Any = ForwardService(listen, server, Forwarder(client, listen, clock), refused)
        forward.setServiceParent(service)
    return service
