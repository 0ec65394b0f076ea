"""Which commands of a GSM module open, close, send and read: what the faults go by."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from ...tables.gsm import SOCKET_IDS
from ..commands import Call, Form
from ..grammar import Grammar
from ..sockets import TRANSPARENT

#: Commands that name no connection where there is but one.
_PLAIN: Final = frozenset({"+QIOPEN", "+QISEND", "+QICLOSE"})


@dataclass(frozen=True)
class GSMGrammar(Grammar):
    """What differs: without C{AT+QIMUX=1} the one connection without SSL has the index 0."""

    def id_of(self, call: Call[Any]) -> int | None:
        """Give the index that a call is about; L{None} if it names none that can be."""
        if call.name in _PLAIN and not call.module.stack.several:
            return self.ids[0] if call.form in (Form.WRITE, Form.EXECUTE) else None
        return super().id_of(call)

    def closing(self, call: Call[Any]) -> bool:
        """Tell whether a call closes a connection."""
        alone = call.name == "+QICLOSE" and not call.module.stack.several
        return call.form is Form.EXECUTE if alone else super().closing(call)

    def mode_of(self, call: Call[Any]) -> int | None:
        """Give the access mode that an open asks for, as other families number it."""
        if call.name == "+QIOPEN":
            return TRANSPARENT if call.module.stack.option("+QIMODE") else 0
        return TRANSPARENT if super().mode_of(call) else 0


GRAMMAR: Final = GSMGrammar(
    ids=SOCKET_IDS,
    opens={"+QSSLOPEN": (0, 4), "+QIOPEN": (0, None)},
    closes={"+QSSLCLOSE": 0, "+QICLOSE": 0},
    sends={"+QSSLSEND": 0, "+QISEND": 0},
    uploads={"+QSECWRITE": 0},
    occupied_at_once=False,
    settings={"+QSSLCFG": 3},
    releases=frozenset({"+QIDEACT"}),
    recv=('+QSSLURC: "recv"', "+QIRDI: "),
    refused_when_wedged=frozenset(
        {"+QSSLOPEN", "+QSSLSEND", "+QSSLRECV", "+QIOPEN", "+QISEND", "+QIRD"}
    ),
)
