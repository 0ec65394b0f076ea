"""What C{clientFromString} finds: C{quectelssl:}, C{quecteltcp:} and C{quecteltls:}."""

from __future__ import annotations

from twisted_quectel.strings import QuectelSSLParser
from twisted_quectel.tcpstrings import QuectelTCPParser, QuectelTLSParser

quectelssl = QuectelSSLParser()
quecteltcp = QuectelTCPParser()
quecteltls = QuectelTLSParser()
