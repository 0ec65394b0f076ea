"""Kinds of sockets."""

from __future__ import annotations

from enum import Enum


class Kind(Enum):
    """What a socket is, by its name in C{AT+QSSLSTATE} and C{AT+QISTATE}."""

    SSL = "SSLClient"
    TCP = "TCP"
    UDP = "UDP"
    LISTENER = "TCP LISTENER"
    INCOMING = "TCP INCOMING"
    SERVICE = "UDP SERVICE"
