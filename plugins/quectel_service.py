"""What C{twistd} finds: C{twistd quectel}."""

from __future__ import annotations

from twisted.application.service import ServiceMaker

quectel = ServiceMaker(
    "quectel",
    "twisted_quectel.service",
    "A gateway: what connects here goes on over a cellular module.",
    "quectel",
)
