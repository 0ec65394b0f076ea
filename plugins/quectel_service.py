"""What C{twistd} finds: C{twistd quectel} and C{twistd quectel-emulator}."""

from __future__ import annotations

from twisted.application.service import ServiceMaker

quectel = ServiceMaker(
    "quectel",
    "twisted_quectel.service",
    "A gateway: what connects here goes on over a cellular module.",
    "quectel",
)

quectel_emulator = ServiceMaker(
    "quectel-emulator",
    "twisted_quectel.serviceemulator",
    "An emulated cellular module on a pty or a TCP port.",
    "quectel-emulator",
)
