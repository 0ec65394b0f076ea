"""Ports of a module that nobody reads: those that have a host go on."""

from __future__ import annotations

import os
import tty
from typing import Any

from tests.endpoint.protocols import Echo
from tests.endpoint.real import RealCase

SIZE = 300_000


class UnreadTests(RealCase):
    """C{urcport} is C{all}, as the host sets it: pushes go to every port."""

    mode = "push"

    async def several(self, device: str, port: int) -> None:
        """Have much come back on a few connections."""
        endpoint = self.endpoint(self.string(port, device))
        for _ in range(2):
            client: Any = await self.connect(endpoint)
            client.transport.write(bytes(SIZE))
            await client.when_received(SIZE)
            await self.leave(client)

    async def test_never_opened(self) -> None:
        """A further pty that no host has ever opened."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        device = emulated.pty()
        emulated.pty(port="usbat")
        await self.several(f"device={device}", port)

    async def test_closed_again(self) -> None:
        """One whose host has spoken, has left its answers unread, and has gone."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        device, other = emulated.pty(), emulated.pty(port="usbat")
        fd = os.open(other, os.O_RDWR | os.O_NOCTTY)
        tty.setraw(fd)
        os.write(fd, b"ATI\r")
        os.close(fd)
        await self.several(f"device={device}", port)

    async def test_data_device(self) -> None:
        """One that is kept for transparent connections, as C{quectel emulate} says to name it."""
        _, port = self.serve(Echo)
        emulated = self.emulate()
        device, other = emulated.pty(), emulated.pty(port="usbat")
        await self.several(f"device={device}:dataDevices={other}", port)
