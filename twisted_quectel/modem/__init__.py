"""One modem: its ports, bring-up, contexts, certificates, sockets and recovery."""

from __future__ import annotations
