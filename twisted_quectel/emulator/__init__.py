"""The other side of the wire: an emulated module with real TLS."""

from __future__ import annotations
