"""The places of C{NVRAM:} on GSM modules: one for each kind of file, two for a CA (2.2.7).

Whoever wants other files in them waits until they are free, and a file that a user has
named stays what it is.
"""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

from tests.endpoint.gsmcase import GSMCase
from tests.endpoint.protocols import Echo
from tests.tlsservers import make_ca
from twisted_quectel import TLSProfile, errors
from twisted_quectel.emulator.faults import CommandFails

STRICT = "strict.example"


class PlacesCase(GSMCase):
    """Keys and certificates in C{NVRAM:}."""

    def setUp(self) -> None:
        super().setUp()
        self.description = {"keys": "nvram"}
        self.client_ca = make_ca()

    def upload(self, path: str, content: bytes) -> None:
        """Have a file on the module that somebody has put there."""
        self.gsm().files.store(path, content)

    def content(self, path: str) -> bytes | None:
        """Give what is in a place."""
        return self.gsm().files.content(path)

    def places(self) -> list[str]:
        """Give where something was written."""
        return [line.split('"')[1] for line in self.sent("+QSECWRITE")]

    def with_client(self, name: str, cacert: str | None = None) -> TLSProfile:
        """Make a profile with a certificate and a key of a client of this name."""
        leaf = self.client_ca.issue_cert(name)
        return TLSProfile(
            cacert=cacert or self.ca_path,
            client_cert=self.write(f"{name}.pem", leaf.cert_chain_pems[0].bytes()),
            client_key=self.write(f"{name}-key.pem", leaf.private_key_pem.bytes()),
        )

    def serve_clients(self) -> None:
        """Start a server that asks for a certificate."""
        options = self.options(client_ca=self.client_ca.cert_pem.bytes())
        self.strict = self.serve(Echo, options, STRICT)


class NamedTests(PlacesCase):
    """A place that a user has named is not this program's."""

    def test_by_an_endpoint(self) -> None:
        """A CA goes where the user's own is not, whoever connects first."""
        self.begin()
        mine = self.ca.cert_pem.bytes()
        self.upload("NVRAM:CA0", mine)
        named = self.endpoint(self.emulated, tls=TLSProfile(cacert="module:NVRAM:CA0"))
        other = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        self.problem(errors.TLSOpenFailed, tls=other)
        self.assertEqual(self.content("NVRAM:CA0"), mine)
        self.assertEqual(self.places(), ["NVRAM:CA1"])
        peer = self.connect(named)
        self.echoes(peer)
        self.closes(peer)

    def test_by_the_modem_file(self) -> None:
        """So it is with what the modem file names: in its contexts, and as its default."""
        for given in (
            {"contexts": {1: TLSProfile(cacert="module:NVRAM:CA0")}},
            {"tls": {"cacert": "module:NVRAM:CA0"}},
            {"tls": {"cacert": "module:nvram:CA0"}},
        ):
            self.description = {"keys": "nvram", **given}
            self.network = type(self.network)(self.clock)
            self.begin()
            self.upload("NVRAM:CA0", b"the user's")
            self.closes(self.open())
            self.assertEqual(self.content("NVRAM:CA0"), b"the user's")
            self.assertEqual(self.places(), ["NVRAM:CA1"])

    def test_by_a_context_on_the_module(self) -> None:
        """A context that was provisioned on the module says which files are its user's."""
        self.begin()
        mine = self.ca.cert_pem.bytes()
        self.upload("NVRAM:CA0", mine)
        self.gsm().contexts[3].set("cacert", "NVRAM:CA0")
        self.gsm().contexts[3].set("seclevel", 1)
        named = self.endpoint(self.emulated, ctx=3)
        other = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        self.problem(errors.TLSOpenFailed, tls=other)
        self.assertEqual(self.content("NVRAM:CA0"), mine)
        peer = self.connect(named)
        self.echoes(peer)
        self.closes(peer)

    def test_other_spelling(self) -> None:
        """However its storage is written, a file that is named is used."""
        self.begin()
        self.upload("NVRAM:CA0", self.ca.cert_pem.bytes())
        peer = self.open(tls=TLSProfile(cacert="module:nvram:CA0"))
        self.echoes(peer)
        self.closes(peer)

    def test_no_place_left(self) -> None:
        """Where each place is named, the files have none: that is told before anything goes up."""
        self.begin()
        self.upload("NVRAM:CK0", b"the user's")
        self.endpoint(
            self.emulated,
            tls=TLSProfile(
                cacert="module:NVRAM:CA0",
                client_cert="module:NVRAM:CC0",
                client_key="module:NVRAM:CK0",
            ),
        )
        problem = self.problem(errors.CertificateStoreError, tls=self.with_client("a.example"))
        self.one_line(problem, "keys", "NVRAM:CC0", "ram")
        self.endpoint(self.emulated, tls=TLSProfile(cacert="module:NVRAM:CA1"))
        problem = self.problem(errors.CertificateStoreError)
        self.one_line(problem, "keys", "NVRAM:CA0 and NVRAM:CA1 of the module are")
        self.assertEqual(self.content("NVRAM:CK0"), b"the user's")
        self.assertEqual(self.places(), [])

    def test_refused_uploads_nothing(self) -> None:
        """What the family cannot do is refused before files take anybody's place."""
        self.begin()
        self.upload("NVRAM:CA1", b"the user's")
        other = self.write("other.pem", make_ca().cert_pem.bytes())
        for given in ({"sni": True}, {"cacertex": other}):
            values: dict[str, Any] = {"cacert": self.ca_path, **given}
            self.problem(errors.UnsupportedOperation, tls=TLSProfile(**values))
        self.assertEqual(self.content("NVRAM:CA1"), b"the user's")
        self.assertEqual(self.places(), [])


class WaitingTests(PlacesCase):
    """All places of a connection are taken at once."""

    def all_connect(self, connecting: list[Any]) -> None:
        """Each gets its turn, in whatever order."""
        left = list(connecting)
        while left:
            self.until(lambda: any(each.called for each in left), 50.0)
            done = next(each for each in left if each.called)
            left.remove(done)
            peer = self.result_of(done)
            self.echoes(peer)
            self.closes(peer)

    def test_crossed(self) -> None:
        """Two that each have had what the other wants do not wait for one another."""
        self.serve_clients()
        self.begin()
        first = self.with_client("first.example")
        second = self.with_client("second.example")
        # what is there: the first one's certificate, and the second one's key
        self.closes(self.open(host=STRICT, tls=first))
        holder = self.open(host=STRICT, tls=second)
        waiting = [
            self.start(self.endpoint(self.emulated, host=STRICT, tls=tls))
            for tls in (first, second, first)
        ]
        self.settle(2.0)
        self.closes(holder)
        self.all_connect(waiting)
        self.assertIsNotNone(self.content("NVRAM:CK0"))

    def test_held_crosswise(self) -> None:
        """Two that want each other's places: both get them, one after the other."""
        self.begin()
        self.serve_clients()
        session = self.result_of(self.emulated.modem().session())
        store = session.files
        one, two = self.with_client("one.example"), self.with_client("two.example")
        # CC0 holds what one wants, CK0 what two wants, and CA0 what takes both a moment
        mixed = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        object.__setattr__(mixed, "client_cert", one.client_cert)
        object.__setattr__(mixed, "client_key", two.client_key)
        self.result_of(Deferred.fromCoroutine(store.paths(mixed)))
        connecting = [
            self.start(self.endpoint(self.emulated, host=STRICT, tls=tls)) for tls in (one, two)
        ]
        self.all_connect(connecting)

    def test_failed_upload_frees(self) -> None:
        """Who waits for a place gets it as well when the other's upload has failed."""
        self.begin(faults=[CommandFails("+QSECWRITE", 0, 3)])
        other = TLSProfile(cacert=self.write("other.pem", make_ca().cert_pem.bytes()))
        ends: list[Any] = []
        for each in (TLSProfile(cacert=self.ca_path), other):
            self.start(self.endpoint(self.emulated, tls=each)).addBoth(ends.append)
        self.until(lambda: len(ends) == 2, 10.0)
        stored = [
            each
            for each in ends
            if not (isinstance(each, Failure) and each.check(errors.CertificateStoreError))
        ]
        self.assertEqual(len(stored), 1, ends)
        self.assertEqual(len(self.places()), 4)
