"""The documents contradict themselves (at-facts A.7): the host accepts every form."""

from __future__ import annotations

from collections.abc import Callable
from io import StringIO
from typing import Any, Final

from tests.faults.bench import SEEDS, FaultCase, matrix
from tests.modules import KINDS, family_of
from tests.tlsservers import make_ca
from twisted_quectel.emulator import EMULATED
from twisted_quectel.emulator.faults import SendFails
from twisted_quectel.profiles import TLSProfile

#: What makes the host use what the quirk is about; the rest needs nothing.
_TLS: Final[dict[str, dict[str, Any]]] = {
    "psk_no_space": {"verify": "none", "psk_identity": "me", "psk": "00112233445566778899"},
    "wrong_invalidcertsign_tag": {"ignore_invalid_cert_sign": True},
    "renegotiation_broken": {"renegotiation": True},
    "alias_clientcertex": {},
}
#: Quirks with which some things are refused that are right: not for connections.
_WITHOUT_TRAFFIC: Final = frozenset({"psk_no_space"})


class QuirkCase(FaultCase):
    """Deviations that are not felt."""

    def configured(self, name: str, values: dict[str, Any]) -> None:
        """The settings whose answers are misprinted are set and read back."""
        values = {"cacert": self.ca_path, **values}
        if name == "alias_clientcertex":
            values["cacertex"] = self.write("other.pem", make_ca().cert_pem.bytes())
        if "psk" in values:
            del values["cacert"]
        connecting = self.start(
            self.endpoint(self.emulated, mode=self.mode, tls=TLSProfile(**values))
        )
        connecting.addErrback(self.flushed)
        peer = self.result_of(connecting, 200.0)
        if name not in _WITHOUT_TRAFFIC:
            self.both_ways(peer, self.seed)
            self.closed_by_client(peer)

    def flushed(self, reason: Any) -> None:
        """The handshake may fail, the settings must have been taken."""
        self.assertEqual(getattr(reason.value, "code", None), 566, reason)


def _test(*quirks: str) -> Callable[[QuirkCase], None]:
    def test(self: QuirkCase) -> None:
        refused = "send_fall" in quirks and self.mode == "buffer"
        self.begin(*([SendFails(3)] if refused else []), quirks=quirks)
        self.emulated.modem().trace_to(trace := StringIO())
        for name, values in _TLS.items():
            if name in quirks:
                self.configured(name, values)
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.closed_by_server(peer, self.seed + 10)
        self.works()
        # a quirk that is not felt has to be there
        self.assertEqual("SEND FALL" in trace.getvalue(), refused)

    test.__doc__ = f"With {', '.join(quirks)}: bytes exact both ways, the tail, then again."
    return test


#: Answers that can all be odd at once, by family.
_AT_ONCE: Final[dict[str, tuple[str, ...]]] = {
    "lte": (
        "reply_qsslrcv",
        "wrong_invalidcertsign_tag",
        "psk_no_space",
        "renegotiation_broken",
        "lowercase_cipher",
        "recv_single_crlf",
        "urc_s3_form",
        "no_space_after_colon",
        "state_three",
        "prompt_without_space",
    ),
    "nbiot": (
        "certificate_without_cr",
        "recv_unquoted",
        "send_without_ok",
        "ip_urc",
        "cclk_unquoted",
        "no_space_after_colon",
        "prompt_without_space",
    ),
    "sim52xx": (
        "data_trailing_comma",
        "lenient_spaces",
        "alert_sid0",
        "cssl_recv_event",
        "no_space_after_colon",
    ),
    "gsm": (
        "cfg_reply_with_ctx",
        "lowercase_cipher",
        "recv_single_crlf",
        "recv_length",
        "send_fall",
        "close_ok_with_id",
        "qilocip_ok",
        "transparent_by_urc",
        "no_space_after_colon",
        "prompt_without_space",
    ),
}

for _kind in KINDS:
    _table = EMULATED[_kind.model].quirk_table
    _tests: dict[str, Any] = {
        "test_" + _name.replace("=", "_"): _test(_name) for _name in _table.known
    }
    _tests["test_as_printed"] = _test(*sorted(_table.profiles["as_printed"]))
    _tests["test_all_answers_at_once"] = _test(*_AT_ONCE[family_of(_kind.model)])
    _tests["__doc__"] = "Each form of the documents, and of firmware"
    _tests["__module__"] = __name__
    matrix(globals(), type("Quirks", (QuirkCase,), _tests), seeds=SEEDS[:1], kinds=(_kind,))
