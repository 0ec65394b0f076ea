"""The one SSL context of NB-IoT modules, which everybody gets in turn."""

from __future__ import annotations

from typing import Any

from tests.endpoint.protocols import Echo
from tests.endpoint.test_nbiot import NBIoTCase
from tests.modules import kind_of
from tests.tlsservers import make_ca
from twisted_quectel import TLSProfile, errors

#: A server whose certificate comes from another CA.
OTHER = "other.example"


class ContextTests(NBIoTCase):
    """It is named, by the modem file or an argument, and left to the modem."""

    def other(self) -> TLSProfile:
        """Make the other server; give what verifies it."""
        ca = make_ca()
        options = kind_of(self.model).server_options(ca, OTHER)
        self.serve(Echo, options, OTHER)
        return TLSProfile(cacert=self.write("other.pem", ca.cert_pem.bytes()))

    def test_of_the_modem_file(self) -> None:
        """Who names none gets it too; who names it gets what the file says, with its CA."""
        self.description = {"contexts": {0: TLSProfile(cacert=self.ca_path)}}
        other = self.other()
        self.begin()
        for tls in (other, TLSProfile(verify="none"), TLSProfile(cacert=self.ca_path)):
            self.problem(errors.TLSOpenFailed, ctx=0, host=OTHER)
            peer = self.open(ctx=0)
            self.echoes(peer)
            self.closes(peer)
            peer = self.open(tls=tls, host=OTHER if tls is other else "server.example")
            self.echoes(peer)
            self.closes(peer)

    def test_in_turn(self) -> None:
        """Whoever names it waits for those who do not, and they for it."""
        self.description = {"contexts": {0: TLSProfile(cacert=self.ca_path)}}
        other = self.other()
        self.begin()
        named: dict[str, Any] = {"ctx": 0}
        unnamed: dict[str, Any] = {"tls": other, "host": OTHER}
        for first, second in ((named, unnamed), (unnamed, named)):
            peer = self.open(**first)
            self.problem(errors.ModemBusyError, busy="fail", **second)
            waiting = self.start(self.endpoint(self.emulated, **second))
            self.settle(3.0)
            self.assertFalse(waiting.called)
            self.echoes(peer)
            self.closes(peer)
            peer = self.result_of(waiting)
            self.echoes(peer)
            self.closes(peer)

    def test_data_format(self) -> None:
        """How data is written is the modem's, in a context that is used as it is found too."""
        for data_format in ("text", "hex"):
            for found in ((0, 0), (1, 1), (0, 1)):
                self.network = type(self.network)(self.clock)
                self.description = {"data_format": data_format}
                self.begin()
                context = self.nb().context
                context.set("dataformat", found)
                context.set("seclevel", (1,))
                context.set("timeout", (20,))
                context.certificates["cacert"] = self.ca.cert_pem.bytes()
                peer = self.open(ctx=0)
                self.echoes(peer, bytes(range(256)))
                self.closes(peer)
                self.assertEqual(context.number("timeout"), 20)

    def test_files(self) -> None:
        """What is said to be a file on the module is refused: there are none."""
        self.begin()
        problem = self.problem(errors.UnsupportedOperation, tls=TLSProfile(cacert="module:RAM:x"))
        self.one_line(problem, "cacert: ", "RAM:x")
        self.assertEqual(self.sent("+QSSLOPEN"), [])

    def test_by_arguments(self) -> None:
        """What was set by name is as good as provisioned, until somebody else has had it."""
        tls = TLSProfile(cacert=self.ca_path)
        self.begin()
        self.closes(self.open(ctx=0, tls=tls))
        self.closes(self.open(ctx=0))
        self.closes(self.open(tls=TLSProfile(verify="none")))
        problem = self.problem(errors.UnverifiedContext, ctx=0)
        self.one_line(problem, "ctx: ")
        self.closes(self.open(ctx=0, tls=tls))
