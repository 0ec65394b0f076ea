"""The SIM52xx modules of SIMCom: SIM5215 to SIM5320."""

from __future__ import annotations

from .family import SIM52xxFamily

__all__ = ["SIM52xxFamily"]
