"""The GSM modules: M10, M66, M85, M95."""

from __future__ import annotations

from .family import GSMFamily

__all__ = ["GSMFamily"]
