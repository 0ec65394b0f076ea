"""The command line `quectel`."""

from __future__ import annotations
