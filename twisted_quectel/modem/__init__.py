"""One modem: its ports, bring-up, contexts, certificates, sockets and recovery."""

from __future__ import annotations

from .bringup import ModemInfo
from .modem import Modem, Ping, Signal
from .registry import getModem

__all__ = ["Modem", "ModemInfo", "Ping", "Signal", "getModem"]
