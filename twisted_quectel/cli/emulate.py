"""C{quectel emulate}: an emulated module for whatever program speaks AT commands."""

from __future__ import annotations

import os
import signal
from argparse import Namespace
from collections.abc import Iterable
from contextlib import AsyncExitStack
from typing import Any, Final

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint, TCP6ServerEndpoint, quoteStringArgument
from twisted.internet.error import CannotListenError

from ..emulator import (
    Link,
    Module,
    ModuleSettings,
    PtyPort,
    ReactorNetwork,
    Verdict,
    create_module,
    serve_tcp,
)
from .faultspec import describe_all, read_fault, read_quirk
from .running import run, to_the_end
from .words import CommandError, UsageError, say

#: The ports of a module in the order in which they are given to links.
PORTS: Final = ("usbmodem", "usbat", "uart1")


def _tell(verdict: Verdict) -> None:
    """Say what a module thinks of its host."""
    say(f"verdict: {verdict.kind.value}: {verdict.text}")


def run_emulate(arguments: Namespace) -> int:
    """Run the emulator until a signal; give the exit status."""
    if arguments.list:
        for line in describe_all():
            say(line)
        return 0
    _check(arguments)
    from twisted.internet import reactor

    return run(_emulate(reactor, arguments), reactor, endless=True)


def _check(arguments: Namespace) -> None:
    """Refuse what does not go together."""
    links: list[str] = arguments.pty or []
    if arguments.tcp and links:
        raise UsageError("--tcp: give it or --pty, not both")
    if len(links) > len(PORTS):
        raise UsageError(f"--pty: a module has {len(PORTS)} ports, not {len(links)}")
    places = set()
    for link in links:
        folder, name = os.path.split(link)
        place = os.path.join(os.path.realpath(folder), name)
        if place in places:
            raise UsageError(f"--pty: {link} is given twice; each port needs a link of its own")
        places.add(place)
        if os.path.islink(link) and os.path.exists(link) and not _is_pty(link):
            raise UsageError(
                f"--pty: {link} is a link to {os.path.realpath(link)}, which is no pty; "
                "it is left alone: remove it, or give another path"
            )


def _is_pty(path: str) -> bool:
    return os.path.realpath(path).startswith("/dev/pts/")


def _make_module(reactor: Any, arguments: Namespace) -> Module:
    """Make the module that the arguments describe."""
    module = create_module(
        reactor,
        network=ReactorNetwork(reactor, dict(arguments.host), dict(arguments.redirect)),
        model=arguments.model,
        profile=arguments.profile,
        quirks=[read_quirk(name) for name in arguments.quirk],
        faults=[read_fault(text) for text in arguments.fault],
        link=Link(baudrate=arguments.baudrate, latency=arguments.latency),
        settings=ModuleSettings(pin=arguments.pin or ""),
    )
    if arguments.verdicts:
        module.told = _tell
    return module


def _make_ptys(reactor: Any, module: Module, links: Iterable[str | None]) -> list[PtyPort]:
    """Give the module its ptys."""
    ptys: list[PtyPort] = []
    for name, link in zip(PORTS, links, strict=False):
        try:
            ptys.append(PtyPort(reactor, module.port(name), link))
        except OSError as e:
            for pty in ptys:
                pty.close()
            if link is None:
                raise CommandError(f"there is no pty to be had: {e.strerror}") from None
            raise UsageError(f"--pty: cannot make the link {link}: {e.strerror}") from None
    return ptys


async def _emulate(reactor: Any, arguments: Namespace) -> int:
    async with AsyncExitStack() as stack:
        links: list[str | None] = list(arguments.pty or ())
        module = _make_module(reactor, arguments)
        stack.callback(module.close)
        # the key that a real module is switched on by
        signal.signal(
            signal.SIGUSR1, lambda number, frame: reactor.callFromThread(_switch_on, module)
        )
        if arguments.tcp:
            await _listen(reactor, module, arguments.tcp, stack)
        else:
            ptys = _make_ptys(reactor, module, links or [None])
            for pty in ptys:
                stack.callback(pty.close)
            _introduce(module, ptys)
        # until a signal cancels it
        await Deferred[None]()
    return 0


def _switch_on(module: Module) -> None:
    """Switch a module on that is off."""
    if not module.powered:
        module.power_on()


async def _listen(
    reactor: Any, module: Module, where: tuple[str, int], stack: AsyncExitStack
) -> None:
    """Serve the module's port on TCP."""
    address, number = where
    kind = TCP6ServerEndpoint if ":" in address else TCP4ServerEndpoint
    try:
        listening = await serve_tcp(kind(reactor, number, interface=address), module.port())
    except (CannotListenError, ValueError) as e:
        raise CommandError(f"--tcp: cannot listen on {address}:{number}: {e}") from None
    stack.push_async_callback(_stop, listening)
    say(f"An emulated {module.model} listens on {address}:{number}. Stop it with Ctrl-C.")
    _say_string(f"tcp:{quoteStringArgument(address)}:{number}")


async def _stop(listening: Any) -> None:
    stopped = listening.stopListening()
    if stopped is not None:
        await to_the_end(stopped)


def _introduce(module: Module, ptys: list[PtyPort]) -> None:
    """Say where the module is and how to try it."""
    path = ptys[0].path
    say(f"An emulated {module.model} is on {path} ({ptys[0].device}). Stop it with Ctrl-C.")
    for pty in ptys[1:]:
        say(f"A further port of it is on {pty.path} ({pty.device}).")
    say(f"  by hand:         picocom {path}      (or any terminal program; type ATI)")
    further = ",".join(pty.path for pty in ptys[1:])
    _say_string(path, further)


def _say_string(device: str, further: str = "") -> None:
    """Say how the module is named in an endpoint string."""
    more = f":dataDevices={quoteStringArgument(further)}" if further else ""
    say(f"  endpoint string: quectelssl:host=...:device={quoteStringArgument(device)}{more}:...")
