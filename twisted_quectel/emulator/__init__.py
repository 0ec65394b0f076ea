"""The other side of the wire: an emulated module with real TLS."""

from __future__ import annotations

from .embedded import embedded
from .faults import FAULTS, Fault, Hooks
from .link import Link
from .memory import MemoryWire, connect_memory
from .memorynetwork import MemoryNetwork
from .module import Module
from .network import INetwork, ReactorNetwork
from .port import Port
from .pty import PtyPort
from .quirks import PROFILES, QUIRKS
from .settings import ModuleSettings
from .tcpport import serve_tcp
from .verdicts import Verdict, VerdictKind

__all__ = [
    "FAULTS",
    "PROFILES",
    "QUIRKS",
    "Fault",
    "Hooks",
    "INetwork",
    "Link",
    "MemoryNetwork",
    "MemoryWire",
    "Module",
    "ModuleSettings",
    "Port",
    "PtyPort",
    "ReactorNetwork",
    "Verdict",
    "VerdictKind",
    "connect_memory",
    "embedded",
    "serve_tcp",
]
