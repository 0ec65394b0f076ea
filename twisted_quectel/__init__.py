"""The TLS stack of a cellular module as a Twisted client endpoint.

The public names are loaded when they are first used, so that importing the
package, as the plugin does, costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .endpoints import ModuleTLSEndpoint
    from .modem import Modem, ModemInfo, Signal, getModem
    from .modemprofile import ModemProfile
    from .profiles import TLSProfile

__all__ = [
    "Modem",
    "ModemInfo",
    "ModemProfile",
    "ModuleTLSEndpoint",
    "Signal",
    "TLSProfile",
    "__version__",
    "getModem",
]

_HOMES = {
    "Modem": "modem",
    "ModemInfo": "modem",
    "ModemProfile": "modemprofile",
    "ModuleTLSEndpoint": "endpoints",
    "Signal": "modem",
    "TLSProfile": "profiles",
    "getModem": "modem",
}


def __getattr__(name: str) -> object:
    if name in _HOMES:
        return getattr(import_module(f".{_HOMES[name]}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
