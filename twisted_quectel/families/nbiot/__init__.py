"""The NB-IoT modules: BC660K-GL."""

from __future__ import annotations

from .family import NBIoTFamily

__all__ = ["NBIoTFamily"]
