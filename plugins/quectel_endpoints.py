"""What C{clientFromString} finds: the C{quectelssl:} prefix."""

from __future__ import annotations

from twisted_quectel.strings import QuectelSSLParser

quectelssl = QuectelSSLParser()
