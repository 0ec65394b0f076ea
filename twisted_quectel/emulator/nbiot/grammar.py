"""Which commands of a BC660K-GL open, close and send: what the faults go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ...tables.nbiot import CONNECT_IDS
from ..commands import Call, Form
from ..grammar import Grammar
from .sockets import SSL_PLACE

_SSL: Final = ("+QSSLOPEN", "+QSSLSEND", "+QSSLCLOSE")


@dataclass(frozen=True)
class NBGrammar(Grammar):
    """The ids of the SSL connection are not those of the sockets without SSL."""

    def id_of(self, call: Call[Any]) -> int | None:
        """Give the place of the connection that a call is about."""
        if call.name in _SSL and call.form is Form.WRITE:
            return None if call.integer(1, CONNECT_IDS) is None else SSL_PLACE
        return super().id_of(call)


GRAMMAR: Final = NBGrammar(
    ids=range(SSL_PLACE + 1),
    opens={"+QSSLOPEN": (1, None), "+QIOPEN": (1, 6)},
    closes={"+QSSLCLOSE": 1, "+QICLOSE": 0},
    sends={"+QSSLSEND": 1, "+QISEND": 0},
    settings={"+QSSLCFG": 4},
    releases=frozenset({"+CGACT", "+CGATT", "+CFUN"}),
    recv=('+QSSLURC: "recv"', '+QIURC: "recv"'),
    refused_when_wedged=frozenset({"+QSSLOPEN", "+QSSLSEND", "+QIOPEN", "+QISEND"}),
)
