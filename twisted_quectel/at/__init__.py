"""The AT language: syntax, framing and one port, after ITU-T V.250 and 3GPP TS 27.007."""

from __future__ import annotations
