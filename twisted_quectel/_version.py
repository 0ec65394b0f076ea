"""The version, in the one place from which packaging reads it."""

from __future__ import annotations

__version__ = "0.1.0.dev0"
