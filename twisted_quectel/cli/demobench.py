"""What stands in for the world in the demo: a server, a module on a pty, a line with a speed."""

from __future__ import annotations

import os
from argparse import Namespace
from contextlib import AsyncExitStack
from tempfile import TemporaryDirectory
from typing import Any, Final

from ..emulator import Link, Module, ModuleSettings, PtyPort, ReactorNetwork, create_module
from ..families import AccessMode, Firmware, family_for
from .demo import Target, endpoint_arguments, verification
from .demoserver import HOST, PATH, DemoServer
from .values import split_url
from .words import UsageError, say

_BAUDRATE: Final = 3000000
_LATENCY: Final = 0.002
_SIZE: Final = 1024 * 1024
_MODES: Final = ("buffer", "push", "transparent")


async def emulated_target(reactor: Any, arguments: Namespace, stack: AsyncExitStack) -> Target:
    """Set up the emulated module, and the server if no other is named.

    @param stack: takes care that all of it goes away.
    """
    baudrate = arguments.baudrate or _BAUDRATE
    model = arguments.model or "EC25"
    latency = _LATENCY if arguments.latency is None else arguments.latency
    size = _SIZE if arguments.size is None else arguments.size
    link = Link(baudrate=baudrate, latency=latency)
    family = family_for(Firmware(model))
    server = None if arguments.url else DemoServer(reactor, size, family.limits.rsa_only)
    trust = verification(arguments)
    settings = ModuleSettings()
    if family.own_trust:
        # its firmware has the CA: no command brings one
        given = trust.pop("cacert")
        authorities = _read(given) if server is None else server.identity.authority
        settings = ModuleSettings(authorities=authorities)
    network = ReactorNetwork(reactor, {HOST: "127.0.0.1"})
    module = create_module(reactor, network=network, model=model, link=link, settings=settings)
    stack.callback(module.close)
    pty = PtyPort(reactor, module.port())
    stack.callback(pty.close)
    line = {"device": pty.path, "model": model, "baudrate": baudrate}
    had = tuple(
        mode for mode in _MODES if AccessMode(mode) in (family.tls.modes or family.limits.modes)
    )
    modes = tuple(arguments.mode or had)
    wire = baudrate / 10
    if server is None:
        host, port = split_url(arguments.url)
        values = endpoint_arguments(host, port, **line, **trust)
        _introduce(pty, module, latency, wire)
        return Target(values, arguments.url, modes, arguments.sha256, wire)
    await server.start()
    stack.push_async_callback(server.stop)
    folder = stack.enter_context(TemporaryDirectory(prefix="quectel-demo-"))
    cacert = os.path.join(folder, "ca.pem")
    with open(cacert, "wb") as file:
        file.write(server.identity.authority)
    say(f"A TLS server runs on 127.0.0.1:{server.port}. It is called {HOST}, and its certificate")
    say(f"comes from a CA made for this run. Its page has {size} bytes.")
    _introduce(pty, module, latency, wire)

    def seen() -> str:
        seen = server.seen
        if seen is None:
            return "the server was not asked"
        name = f"it asked for {seen.name}" if seen.name else "it named no server"
        return f"by the module: {seen.version}, {seen.suite}; {name}; the CA was checked"

    if not family.own_trust:
        trust = {"cacert": cacert}
    return Target(
        endpoint_arguments(HOST, server.port, **line, **trust),
        f"https://{HOST}:{server.port}/{PATH}",
        modes,
        server.digest,
        wire,
        seen,
    )


def _read(path: object) -> bytes:
    """Read the CAs of a module's firmware."""
    if not path:
        return b""
    try:
        with open(str(path), "rb") as file:
            return file.read()
    except OSError as e:
        raise UsageError(f"--cacert: {path}: {e.strerror}") from None


def _introduce(pty: PtyPort, module: Module, latency: float, wire: float) -> None:
    """Tell what the module is."""
    say(f"An emulated {module.model} sits on {pty.path}: a line of {wire / 1000:g} kB/s each way,")
    say(f"{latency * 1000:g} ms of thinking before each answer; TLS and TCP are real.")
    say()
