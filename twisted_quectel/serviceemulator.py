"""C{twistd quectel-emulator}: an emulated module as a service, for whatever speaks AT commands.

twistd -n quectel-emulator --pty /run/ec25 --model EC25 --fault send_fail_n:times=3
"""

from __future__ import annotations

import signal
from argparse import ArgumentTypeError
from collections.abc import Callable
from functools import partial
from typing import Any, Final, TypeVar

from twisted.application.service import Service
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort
from twisted.logger import Logger
from twisted.python import usage
from twisted.python.failure import Failure

from .cli import values
from .cli.emulate import switch_on
from .cli.emulated import Emulated, make_ptys, server_endpoint
from .cli.words import CommandError
from .emulator import Module, PtyPort, Verdict
from .emulator.tcpport import PortFactory
from .starting import refusal

#: The key that switches the module on; C{twistd} itself takes SIGUSR1.
POWER_KEY: Final = signal.SIGUSR2

_T = TypeVar("_T")


def _read(name: str, read: Callable[[str], _T], text: str) -> _T:
    """Read a value; what is wrong with it is told with the option's name."""
    try:
        return read(text)
    except ArgumentTypeError as e:
        raise usage.UsageError(f"--{name}: {e}") from None


class Options(usage.Options):
    """The options of C{twistd quectel-emulator}.

    @ivar emulated: what is to be emulated.
    """

    synopsis = "--pty PATH [--pty ...] | --tcp [ADDRESS:]PORT [options]"
    longdesc = (
        "An emulated module on a pty, to which there is a symbolic link at PATH, or on a TCP port "
        "as a serial server has it. The connections that it opens are real ones. SIGUSR2 switches "
        "it on again after AT+QPOWD; 'quectel emulate --list' lists quirks and faults."
    )
    optFlags = [  # noqa: RUF012 - as usage.Options has it
        ["verdicts", None, "Log what the host does against the documents."],
    ]
    optParameters = [  # noqa: RUF012 - as usage.Options has it
        ["model", None, "EC25", "What is emulated."],
        ["tcp", None, None, "[ADDRESS:]PORT, in place of a pty."],
        ["baudrate", None, None, "Speed of the line (as fast as it goes)."],
        ["latency", None, "0", "Milliseconds that the module thinks before an answer."],
        ["cut", None, None, "Have what is read at once be at most so many bytes, at random."],
        ["profile", None, "strict", "strict or as_printed."],
        ["pin", None, None, "The SIM asks for this PIN."],
        ["authorities", None, None, "PEM file of the CAs that the module trusts by itself (none)."],
    ]

    def __init__(self) -> None:
        usage.Options.__init__(self)
        self.emulated = Emulated()
        self._links: list[str] = []
        self._quirks: list[str] = []
        self._faults: list[str] = []
        self._hosts: dict[str, str] = {}
        self._redirects: dict[tuple[str, int], tuple[str, int]] = {}

    def opt_pty(self, text: str) -> None:
        """PATH of a symbolic link to the pty; given again: a further port of the module."""
        self._links.append(_read("pty", values.link, text))

    def opt_quirk(self, text: str) -> None:
        """NAME of a deviation; may be given several times."""
        self._quirks.append(text)

    def opt_fault(self, text: str) -> None:
        """NAME[:KEY=VALUE,...] of what goes wrong; may be given several times."""
        self._faults.append(text)

    def opt_host(self, text: str) -> None:
        """NAME=ADDRESS of a name that nobody else can resolve; may be given several times."""
        name, address = _read("host", values.host, text)
        self._hosts[name] = address

    def opt_redirect(self, text: str) -> None:
        """HOST:PORT=ADDRESS:PORT, where connections really go; may be given several times."""
        asked, real = _read("redirect", values.redirect, text)
        self._redirects[asked] = real

    def postOptions(self) -> None:
        """Refuse what cannot be."""
        if not self._links and not self["tcp"]:
            raise usage.UsageError("--pty: say where the module is to be, by it or by --tcp")
        if self["profile"] not in ("strict", "as_printed"):
            raise usage.UsageError(
                f"--profile: must be strict or as_printed, not {self['profile']!r}"
            )
        given = {
            name: _read(name, read, self[name])
            for name, read in _READERS.items()
            if self[name] is not None
        }
        self.emulated = Emulated(
            links=self._links,
            quirks=self._quirks,
            faults=self._faults,
            hosts=self._hosts,
            redirects=self._redirects,
            profile=self["profile"],
            **given,
        )
        try:
            self.emulated.check()
        except CommandError as e:
            raise usage.UsageError(str(e)) from None


_READERS: Final[dict[str, Callable[[str], Any]]] = {
    "model": values.model,
    "tcp": values.listening,
    "baudrate": values.baudrate,
    "latency": values.latency,
    "cut": values.size,
    "pin": values.pin,
    "authorities": values.authorities,
}


class EmulatorService(Service):
    """One emulated module.

    @ivar module: it, while it is there.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: Any,
        emulated: Emulated,
        verdicts: bool,
        refused: Callable[[str], BaseException] = SystemExit,
    ) -> None:
        """
        @param verdicts: whether to log what the host does against the documents.
        @param refused: gives what is raised, with one line, when it cannot start.
        """
        self.module: Module | None = None
        self._reactor = reactor
        self._refused = refused
        self._emulated = emulated
        self._told = self._tell_verdict if verdicts else None
        self._ptys: list[PtyPort] = []
        self._factory: PortFactory | None = None
        self._listening: IListeningPort | None = None
        self._key: Any = None

    def privilegedStartService(self) -> None:
        """Open the module's ports, while this may still be done."""
        try:
            self.module = module = self._emulated.make(self._reactor, self._told)
            self._open(module)
        except CommandError as e:
            if self.module is not None:
                self.module.close()
            self.module = None
            raise self._refused(str(e)) from None
        self._key = signal.signal(POWER_KEY, self._power_key)

    def _open(self, module: Module) -> None:
        place = self._emulated.tcp
        if place is None:
            self._ptys = make_ptys(self._reactor, module, self._emulated.links)
            for pty in self._ptys:
                self._tell(module, f"{pty.path} ({pty.device})")
            return
        failures: list[Failure] = []
        endpoint = server_endpoint(self._reactor, place)
        factory = self._factory = PortFactory(module.port())
        endpoint.listen(factory).addCallbacks(self._listens, failures.append)
        if failures:
            address = f"{place[0]}:{place[1]}"
            why = failures[0].getErrorMessage()
            raise CommandError(f"--tcp: cannot listen on {address}: {why}")
        self._tell(module, f"{place[0]}:{place[1]}")

    def _tell_verdict(self, verdict: Verdict) -> None:
        self._log.warn("verdict: {kind}: {text}", kind=verdict.kind.value, text=verdict.text)

    def _listens(self, port: IListeningPort) -> None:
        self._listening = port

    def _tell(self, module: Module, where: str) -> None:
        self._log.info("an emulated {model} is on {where}", model=module.model, where=where)

    def startService(self) -> None:
        """Begin."""
        Service.startService(self)
        if self.module is None:
            self.privilegedStartService()

    def _power_key(self, number: int, frame: object) -> None:
        if self.module is not None:
            self._reactor.callFromThread(switch_on, self.module)

    def stopService(self) -> Deferred[None]:
        """Take the module away, and its links with it."""
        Service.stopService(self)
        if self._key is not None:
            signal.signal(POWER_KEY, self._key)
            self._key = None
        ptys, self._ptys = self._ptys, []
        for pty in ptys:
            pty.close()
        module, self.module = self.module, None
        factory, self._factory = self._factory, None
        if factory is not None:
            factory.cut_off()
        listening, self._listening = self._listening, None
        stopped: Deferred[Any] = Deferred()
        if module is not None:
            stopped.addCallback(lambda _: module.close())
        closing = None if listening is None else listening.stopListening()
        if isinstance(closing, Deferred):
            closing.chainDeferred(stopped)
        else:
            stopped.callback(None)
        return stopped


def makeService(options: Options) -> EmulatorService:
    """Make the service."""
    # twistd has chosen one by now
    from twisted.internet import reactor

    refused = partial(refusal, options)
    return EmulatorService(reactor, options.emulated, bool(options["verdicts"]), refused)
