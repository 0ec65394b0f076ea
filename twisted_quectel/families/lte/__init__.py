"""The LTE modules: EC2x, EG9x, EG2x-G and EM05."""

from __future__ import annotations

from .family import LTEFamily

__all__ = ["LTEFamily"]
