"""The UART of an emulated BC660K-GL, which sleeps with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..port import Port

if TYPE_CHECKING:
    from .module import NBIoTModule


class NBPort(Port):
    """A port that does not hear what wakes it."""

    module: NBIoTModule

    def data_received(self, data: bytes) -> None:
        """Take bytes from the host."""
        if self.module.powered and not self.module.muted:
            data = self.module.sleep.heard(data)
        if data:
            super().data_received(data)

    def write(self, data: bytes) -> None:
        """Say something, which is use of the UART."""
        self.module.sleep.use()
        super().write(data)
