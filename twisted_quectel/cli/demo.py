"""C{quectel demo}: the main job, from an endpoint string to a page with the right hash."""

from __future__ import annotations

import os
import sys
from argparse import Namespace
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import Any, Final, TextIO

from twisted.internet.endpoints import clientFromString, quoteStringArgument

from ..endpoints import ModuleTLSEndpoint
from ..families import judges_by_itself
from ..strings import QuectelSSLParser
from .checks import check_demo
from .plugins import PluginMissing, ensure_plugin
from .running import run, to_the_end
from .tracefile import TraceFile, open_trace
from .values import split_url
from .words import CommandError, UsageError, say

_MODES: Final = {
    "buffer": "the module keeps what arrives; the host asks for each block and waits for it",
    "push": "the module hands on what arrives at once, each block announced by a line",
    "transparent": "the line carries the connection's bytes and nothing else",
}
#: Bytes after which a terminal is shown how far a page has come.
_STEP: Final = 16384


@dataclass(frozen=True)
class Target:
    """What is fetched, and through what.

    @ivar arguments: of the endpoint string, but for its mode.
    @ivar url: of the page.
    @ivar modes: one after another.
    @ivar digest: what its SHA-256 has to be; L{None}: nobody knows.
    @ivar wire: what the line carries, in bytes per second; L{None} if nobody
        knows, as with USB.
    @ivar seen: tells of the last handshake, once the server has answered.
    """

    arguments: Mapping[str, str]
    url: str
    modes: tuple[str, ...]
    digest: str | None = None
    wire: float | None = None
    seen: Callable[[], str] = lambda: "by the module, which does not tell version and suite"


def run_demo(arguments: Namespace) -> int:
    """Run the demo; give the exit status."""
    check_demo(arguments)
    from twisted.internet import reactor

    return run(_demo(reactor, arguments), reactor)


async def _demo(reactor: Any, arguments: Namespace) -> int:
    try:
        ensure_plugin()
    except PluginMissing as e:
        raise CommandError(str(e)) from None
    async with AsyncExitStack() as stack:
        trace = open_trace(arguments.trace, stack)
        if arguments.device or arguments.modem:
            target = _real_target(arguments)
        else:
            # not above: what is emulated is not needed for a real module
            from .demobench import emulated_target

            target = await emulated_target(reactor, arguments, stack)
        return await _Demo(reactor, target, trace, stack).fetch_all()


def endpoint_arguments(host: str, port: int, **values: object) -> dict[str, str]:
    """Give the arguments of an endpoint string; what is L{None} is left out."""
    given = {"host": host, "port": port, **values}
    return {name: str(value) for name, value in given.items() if value is not None}


def endpoint_string(arguments: Mapping[str, str]) -> str:
    """Write an endpoint string."""
    parts = [f"{name}={quoteStringArgument(value)}" for name, value in arguments.items()]
    return ":".join(["quectelssl", *parts])


def verification(arguments: Namespace) -> dict[str, object]:
    """Give the arguments of the endpoint string that say how the server is verified."""
    return {"cacert": arguments.cacert, "verify": "none" if arguments.no_verify else None}


def _real_target(arguments: Namespace) -> Target:
    """Say what is fetched through a real module."""
    host, port = split_url(arguments.url)
    if arguments.modem:
        place: dict[str, object] = {"modem": arguments.modem}
    else:
        place = {
            "device": arguments.device,
            "model": arguments.model,
            "baudrate": arguments.baudrate,
            "apn": arguments.apn,
        }
    return Target(
        endpoint_arguments(host, port, **place, **verification(arguments)),
        arguments.url,
        tuple(arguments.mode or ("buffer", "push")),
        arguments.sha256,
        _wire(arguments.device, arguments.baudrate),
    )


def _wire(device: str | None, baudrate: int | None) -> float | None:
    """Give what the line carries, in bytes per second, if there is a line and that is known."""
    if not baudrate or not device or ":" in device:
        return None
    # whatever is behind a pty, its speed is nobody's business
    return None if os.path.realpath(device).startswith("/dev/pts/") else baudrate / 10


class _Demo:
    """The fetches, one after another, and what is told about them."""

    def __init__(
        self, reactor: Any, target: Target, trace: TextIO | None, stack: AsyncExitStack
    ) -> None:
        self._reactor = reactor
        self._target = target
        self._trace = trace
        self._stack = stack
        self._known = False
        self._uploads = 0
        self._began = 0.0
        self._received = 0
        self._model = ""

    async def fetch_all(self) -> int:
        """Fetch the page in each mode; give the exit status."""
        digests = [await self._fetch(mode) for mode in self._target.modes]
        wanted = self._target.digest
        if wanted is not None and any(digest != wanted for digest in digests):
            raise CommandError(f"the SHA-256 is not {wanted}: what has come is not the page")
        if len(digests) == 1:
            return 0
        if len(set(digests)) > 1:
            raise CommandError(
                "the page was not the same each time; some pages never are: "
                "try one that does not change"
            )
        say(f"The same page came in every mode: {', '.join(self._target.modes)}.")
        return 0

    async def _fetch(self, mode: str) -> str:
        """Fetch the page in a mode; give its hash."""
        arguments = {**self._target.arguments, "mode": mode}
        string = endpoint_string(arguments)
        say(f"{mode} mode: {_MODES[mode]}")
        say(f"  {string}")
        try:
            await self._bring_up(arguments)
            # this loads the endpoint plugins of all that is installed
            endpoint = clientFromString(self._reactor, string)
        except ValueError as e:
            raise UsageError(str(e)) from None
        # not above: while this is imported the module is at work already
        from .fetch import fetch

        self._uploads = self._received = 0
        self._began = self._reactor.seconds()
        page = await fetch(
            self._reactor, endpoint, self._target.url, self._connected, self._progress
        )
        self._clear()
        self._check_trace()
        check = "as the server sent it" if page.digest == self._target.digest else "as it came"
        say(f"  received     {page.length} bytes; SHA-256 {page.digest}, {check}")
        self._tell_speed(page.rate, page.seconds)
        say()
        return page.digest

    async def _bring_up(self, arguments: Mapping[str, str]) -> None:
        """Wait for the module, and say which it is.

        It is at work while the rest is loaded; the endpoint string shares it.
        """
        if self._known:
            return
        self._known = True
        endpoint = QuectelSSLParser().parseStreamClient(self._reactor, **arguments)
        assert isinstance(endpoint, ModuleTLSEndpoint)
        modem = endpoint.modem
        modem.trace_to(self._trace)
        modem.report_uploads(self._uploaded)
        self._stack.push_async_callback(lambda: to_the_end(modem.close()))
        ready = modem.ready()
        # the first command is on its way; there is time for what takes some
        from . import fetch  # noqa: F401

        await ready
        self._check_trace()
        info = modem.info
        assert info is not None
        self._model = info.model
        say(f"  module       {info.model}, firmware {info.revision}; it answers AT commands")

    def _check_trace(self) -> None:
        if isinstance(self._trace, TraceFile):
            self._trace.check()

    def _uploaded(self, path: str, done: int, total: int) -> None:
        if done >= total:
            self._uploads += 1
            say(f"  certificate  {total} bytes put on the module as {path}")

    def _connected(self) -> None:
        seconds = self._reactor.seconds() - self._began
        if judges_by_itself(self._model):
            say("  certificate  none is put on the module: it judges by CAs of its own")
        elif not self._uploads:
            say("  certificate  on the module already")
        say(f"  connected    after {seconds:.2f} s")

    def _progress(self, done: int, total: int | None) -> None:
        if not self._received:
            say(f"  TLS          {self._target.seen()}")
        shown = self._received // _STEP == done // _STEP and done != total
        self._received = done
        if not shown and sys.stdout.isatty() and self._trace is not sys.stdout:
            share = f" of {total}" if total else ""
            say(f"\r  receiving    {done}{share} bytes", end="\033[K")

    def _clear(self) -> None:
        if sys.stdout.isatty() and self._trace is not sys.stdout:
            say("\r\033[K", end="")

    def _tell_speed(self, rate: float | None, seconds: float) -> None:
        if rate is None:
            say("  speed        too short to tell")
            return
        wire = self._target.wire
        # more than all of it: there is no such line, as with USB
        share = f", {rate / wire:.0%} of what the line carries" if wire and rate <= wire else ""
        say(f"  speed        {rate / 1000:.1f} kB/s over {seconds:.2f} s{share}")
