"""C{twistd quectel}: programs that are not Twisted go through the module.

    twistd -n quectel --forward tcp:8883=quectelssl:host=broker.example:port=8883:modem=gateway

As stunnel does for a client: what connects here goes on over the module.
"""

from __future__ import annotations

import os
import re
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

_CUT: Final = re.compile(r"=(?=quectel[a-z]*:)")
#: Where a server listens that does not say where.
_LOOPBACK: Final = {"tcp": "127.0.0.1", "ssl": "127.0.0.1", "tcp6": "\\:\\:1"}


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
    interface = _LOOPBACK.get(listen.partition(":")[0])
    if interface is not None and "interface=" not in listen:
        listen = f"{listen}:interface={interface}"
    return listen, target


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
            except (ValueError, TypeError, KeyError) as e:
                raise usage.UsageError(f"--forward {listen}: {e}") from None
            self.endpoints.append((listen, server, client))


class ForwardService(Service):
    """One forward.

    @ivar port: where it listens, once it does.
    """

    _log = Logger()

    def __init__(self, listen: str, server: IStreamServerEndpoint, forwarder: Forwarder) -> None:
        """
        @param listen: what the server endpoint was made from, for messages.
        """
        self.port: IListeningPort | None = None
        self._listen = listen
        self._server = server
        self._forwarder = forwarder
        self._starting: Deferred[Any] | None = None

    def privilegedStartService(self) -> None:
        """Listen, while this may still be done."""
        self._starting = self._server.listen(self._forwarder)
        failures: list[Failure] = []
        self._starting.addCallbacks(self._listening, failures.append)
        if failures:
            # one line for whoever has started it
            raise SystemExit(f"--forward {self._listen}: {failures[0].getErrorMessage()}")

    def startService(self) -> None:
        """Begin."""
        Service.startService(self)
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
    for listen, server, client in options.endpoints:
        forward: Any = ForwardService(listen, server, Forwarder(client, listen, clock))
        forward.setServiceParent(service)
    return service
