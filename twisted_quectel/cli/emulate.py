"""C{quectel emulate}: an emulated module for whatever program speaks AT commands."""

from __future__ import annotations

import signal
from argparse import Namespace
from collections.abc import Callable
from contextlib import AsyncExitStack
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import quoteStringArgument
from twisted.internet.error import CannotListenError

from ..emulator import Module, NBIoTModule, PtyPort, Verdict, serve_tcp
from .emulated import Emulated, Place, make_ptys, server_endpoint
from .faultspec import describe_all
from .running import run, to_the_end
from .words import CommandError, say


def _tell(verdict: Verdict) -> None:
    """Say what a module thinks of its host."""
    say(f"verdict: {verdict.kind.value}: {verdict.text}")


def run_emulate(arguments: Namespace) -> int:
    """Run the emulator until a signal; give the exit status."""
    if arguments.list:
        for line in describe_all():
            say(line)
        return 0
    emulated = _read(arguments)
    from twisted.internet import reactor

    return run(
        _emulate(reactor, emulated, _tell if arguments.verdicts else None), reactor, endless=True
    )


def _read(arguments: Namespace) -> Emulated:
    """Say what is to be emulated."""
    emulated = Emulated(
        model=arguments.model,
        links=arguments.pty or (),
        tcp=arguments.tcp,
        baudrate=arguments.baudrate,
        latency=arguments.latency,
        cut=arguments.cut,
        profile=arguments.profile,
        quirks=arguments.quirk,
        faults=arguments.fault,
        hosts=dict(arguments.host),
        redirects=dict(arguments.redirect),
        pin=arguments.pin,
        authorities=arguments.authorities,
    )
    emulated.check()
    return emulated


async def _emulate(reactor: Any, emulated: Emulated, tell: Callable[[Verdict], None] | None) -> int:
    async with AsyncExitStack() as stack:
        module = emulated.make(reactor, tell)
        stack.callback(module.close)
        # the key that a real module is switched on by
        signal.signal(
            signal.SIGUSR1, lambda number, frame: reactor.callFromThread(switch_on, module)
        )
        if emulated.tcp:
            await _listen(reactor, module, emulated.tcp, stack)
        else:
            ptys = make_ptys(reactor, module, emulated.links or [None])
            for pty in ptys:
                stack.callback(pty.close)
            _introduce(module, ptys)
        # until a signal cancels it
        await Deferred[None]()
    return 0


def switch_on(module: Module) -> None:
    """Switch a module on that is off; wake one that sleeps."""
    if not module.powered:
        module.power_on()
    elif isinstance(module, NBIoTModule):
        module.wake()


async def _listen(reactor: Any, module: Module, where: Place, stack: AsyncExitStack) -> None:
    """Serve the module's port on TCP."""
    address, number = where
    try:
        listening = await serve_tcp(server_endpoint(reactor, where), module.port())
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
