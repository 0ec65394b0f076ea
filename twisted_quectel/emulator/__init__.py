"""The other side of the wire: an emulated module with real TLS."""

from __future__ import annotations

from .basemodule import Module
from .embedded import embedded
from .faults import FAULTS, Fault, Hooks
from .link import Link
from .memory import MemoryWire, connect_memory
from .memorynetwork import MemoryNetwork
from .models import ALL_PROFILES, ALL_QUIRKS, EMULATED, create_module
from .module import LTEModule
from .nbiot.module import NBIoTModule
from .network import INetwork, ReactorNetwork
from .port import Port
from .pty import PtyPort
from .settings import ModuleSettings
from .tcpport import serve_tcp
from .verdicts import Verdict, VerdictKind

__all__ = [
    "ALL_PROFILES",
    "ALL_QUIRKS",
    "EMULATED",
    "FAULTS",
    "Fault",
    "Hooks",
    "INetwork",
    "LTEModule",
    "Link",
    "MemoryNetwork",
    "MemoryWire",
    "Module",
    "ModuleSettings",
    "NBIoTModule",
    "Port",
    "PtyPort",
    "ReactorNetwork",
    "Verdict",
    "VerdictKind",
    "connect_memory",
    "create_module",
    "embedded",
    "serve_tcp",
]
