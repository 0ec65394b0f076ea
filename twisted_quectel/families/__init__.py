"""One driver for each family of modules: what its firmware speaks."""

from __future__ import annotations
