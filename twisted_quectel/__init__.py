"""The TLS stack of a cellular module as a Twisted client endpoint."""

from __future__ import annotations

from ._version import __version__

__all__ = ["__version__"]
