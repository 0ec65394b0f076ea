"""Ids, contexts, settings and a module that is wedged (field notes 18 and 24-32)."""

from __future__ import annotations

import random

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectError, ConnectionDone
from twisted.trial.unittest import SkipTest

from tests.faults.bench import FaultCase, Watch, matrix
from twisted_quectel.emulator.faults import (
    IdLingers,
    OpenFails,
    OtherId,
    QuotedCipher,
    Strangers,
    UploadPartial,
    Wedge,
    WriteIsQuery,
)
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.errors import (
    CertificateStoreError,
    ModemConnectError,
    ModemParameterError,
    ModuleLost,
    TLSOpenFailed,
)
from twisted_quectel.modem.modem import Modem
from twisted_quectel.profiles import TLSProfile


class Opening(FaultCase):
    """Opens that go wrong"""

    def test_id_in_use(self) -> None:
        """563 for an id whose close has just been told done: another one, or a little later."""
        if self.mode == "transparent":
            raise SkipTest("there are too few ports for an id to be wanted again at once")
        self.only("lte", "gsm", "nbiot")  # elsewhere an id in use is told like anything else
        self.begin(IdLingers(2.0))
        peers = [self.open() for _ in range(self.kind.at_once(self.mode))]
        for peer in peers:
            peer.transport.loseConnection()
        self.open(busy="wait").transport.loseConnection()
        for peer in peers:
            self.ended(peer, ConnectionDone)
        self.works()

    def test_in_use_before(self) -> None:
        """563 for an id that was never used: another one."""
        self.only("lte", "gsm")  # elsewhere there is no other
        if self.mode == "transparent":
            self.only("lte")  # elsewhere a transparent open ends in ERROR, whatever it was
        self.begin(OpenFails(563))
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)
        self.works()

    def test_in_use_for_ever(self) -> None:
        """If each id is in use, the connect fails in the end."""
        self.begin(OpenFails(563, times=0))
        self.refused(self.start(self.endpoint(self.emulated, mode=self.mode)), ConnectError)

    def test_strangers(self) -> None:
        """Connections of an earlier host are closed before anything is set."""
        self.begin(Strangers())
        peer = self.open()
        (socket,) = self.emulated.module.sockets
        self.assertEqual(socket.host, "server.example")
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)

    def test_setting_never_taken(self) -> None:
        """A setting that is answered with OK and not taken is not opened with."""
        tags = {
            "lte": (("seclevel", "verify"), ("cacert", "cacert"), ("sni", "sni")),
            "gsm": (("seclevel", "verify"), ("cacert", "cacert")),
        }
        for tag, argument in tags.get(self.family, (("seclevel", "verify"),)):
            watch = Watch("+QSSLOPEN")
            self.begin(WriteIsQuery(tag, times=0), watch)
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
            problem = self.refused(connecting, ModemParameterError)
            self.one_line(problem, tag, argument)
            self.assertEqual(watch.seen, [])

    def test_cipher(self) -> None:
        """One cipher suite is taken by a firmware that wants it bare, and by one with quotes."""
        self.only("lte")
        for faults in ((), (QuotedCipher(),)):
            self.begin(*faults)
            tls = TLSProfile(cacert=self.ca_path, ciphers="TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256")
            # the server has another kind of key: how that ends does not matter here
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode, tls=tls))
            self.refused(connecting, TLSOpenFailed)
            context = lte(self.emulated.module).contexts[0]
            self.assertEqual(context.number("ciphersuite"), 0xC02F)

    def test_upload_never_complete(self) -> None:
        """A certificate that never arrives whole is not used, and the message says so."""
        self.only("lte", "gsm")
        watch = Watch("+QSSLOPEN")
        self.begin(UploadPartial(times=0), watch)
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode, timeout=200.0))
        problem = self.refused(connecting, CertificateStoreError, seconds=300.0)
        self.one_line(problem, "tq-", "421")
        self.assertEqual(watch.seen, [])


class Wedged(FaultCase):
    """A module that is wedged after some opens"""

    def wedge(self, **description: object) -> list[Exception]:
        """Open until the module is wedged; give what three more opens end with."""
        self.only("lte", "gsm")  # elsewhere an open is refused while there is a connection
        if self.mode == "transparent":
            self.only("lte")  # elsewhere a transparent open ends in ERROR, whatever it was
        self.begin(Wedge(4), description=description)
        for _ in range(4):
            peer = self.open()
            self.both_ways(peer, self.seed)
            self.closed_by_client(peer)
        problems = []
        for _ in range(3):
            connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
            problems.append(self.refused(connecting, ModemParameterError, ConnectError))
        return problems

    def test_restarted(self) -> None:
        """Where that is allowed the module is restarted, and the next connection works."""
        self.result_of(self.emulated_ready())
        problems = self.wedge()
        for problem in problems:
            code = 552 if self.family == "lte" else None
            self.assertEqual(getattr(problem, "code", None), code)
            self.one_line(problem, "wedged", "restart")
        self.works()
        self.works()

    def emulated_ready(self) -> Deferred[Modem]:
        """Have a module before the one of the test: nothing is remembered of it."""
        self.begin()
        return self.emulated.modem().ready()

    def test_not_allowed(self) -> None:
        """Where it is not, each connection fails and says what it is."""
        problems = self.wedge(allow_restart=False)
        for problem in problems:
            self.one_line(problem, "wedged", "restart")
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        self.refused(connecting, ModemParameterError)
        self.emulated.module.restart()
        self.settle(10.0)
        self.works()

    def test_told(self) -> None:
        """Whoever waits for the modem's loss is told of the restart."""
        self.only("lte", "gsm")
        if self.mode == "transparent":
            self.only("lte")
        self.begin(Wedge(0))
        modem = self.emulated.modem()
        self.result_of(modem.ready())
        lost = modem.when_lost()
        for _ in range(3):
            self.refused(
                self.start(self.endpoint(self.emulated, mode=self.mode)), ModemConnectError
            )
        self.assertIsInstance(self.result_of(lost), ModuleLost)

    def test_in_vain(self) -> None:
        """A restart that has not helped is not tried again."""
        self.only("lte")  # elsewhere no code says that an open was wrong
        watch = Watch("+CFUN")
        self.begin(OpenFails(552, times=0), watch)
        for _ in range(12):
            self.refused(
                self.start(self.endpoint(self.emulated, mode=self.mode)), ModemConnectError
            )
            self.settle(10.0)
        self.assertEqual([raw for _, raw in watch.seen], [b"1,1"])

    def test_others_live(self) -> None:
        """While another connection works, the module is not wedged, and not restarted."""
        self.only("lte")
        watch = Watch("+CFUN")
        self.begin(watch)
        peer = self.open()
        self.emulated.module.hooks += (
            OpenFails(552, times=5).arm(self.emulated.module, random.Random(1)),
        )
        for _ in range(5):
            self.refused(
                self.start(self.endpoint(self.emulated, mode=self.mode)), ModemParameterError
            )
        self.both_ways(peer, self.seed)
        self.closed_by_client(peer)
        self.assertEqual(watch.seen, [])
        self.works()


class Ids(FaultCase):
    """Opens that report another id"""

    def test_other_id(self) -> None:
        """Both connections are closed, the connect fails at once, and the next one works."""
        self.only("lte", "gsm")  # elsewhere there is no other
        self.begin(OtherId())
        start = self.clock.seconds()
        connecting = self.start(self.endpoint(self.emulated, mode=self.mode))
        problem = self.refused(connecting, ModemConnectError, ConnectError)
        self.one_line(problem, "connection 5", "0")
        self.assertLess(self.clock.seconds() - start, 10.0)
        self.settle(12.0)
        self.assertEqual(list(self.emulated.module.sockets), [])
        self.works()


matrix(globals(), Opening)
matrix(globals(), Wedged)
matrix(globals(), Ids, ("buffer", "push"))
del Opening, Wedged, Ids
