"""SSL contexts that are named: provisioned on the module, or by the modem file."""

from __future__ import annotations

from typing import Any

from tests.endpoint.protocols import Echo
from tests.endpoint.virtual import VirtualCase
from twisted_quectel.at import Command, InvalidValue, write_form
from twisted_quectel.emulator.faults_base import lte
from twisted_quectel.errors import (
    CertificateStoreError,
    IdentityNotChecked,
    ModemNotReady,
    UnverifiedContext,
)
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import ModuleSettings


class ProvisionedTests(VirtualCase):
    """C{ctx} given alone."""

    def setUp(self) -> None:
        super().setUp()
        self.emulated = self.emulate()
        self.serving = self.serve(Echo)

    def works(self, **arguments: Any) -> None:
        """A connection echoes, and ends."""
        peer = self.connect(self.endpoint(self.emulated, **arguments))
        peer.transport.write(b"hello")
        self.result_of(peer.when_received(5))
        peer.transport.loseConnection()
        self.end_of(peer)

    def put(self, *values: Any) -> None:
        """Set a context by hand, as another tool would."""
        session = self.result_of(self.emulated.modem().session())
        self.result_of(session.port.execute(Command(write_form("+QSSLCFG", *values))))

    def test_not_verified(self) -> None:
        """A context whose seclevel is 0, as the factory has it, is refused by name."""
        problem = self.refused(self.start(self.endpoint(self.emulated, ctx=2)), UnverifiedContext)
        self.one_line(problem, "ctx", "seclevel", "verify=none")
        self.assertEqual(self.serving.peers, [])

    def test_verified(self) -> None:
        """A context that was set by hand, with a CA and level 1, is used as it is."""
        with open(self.ca_path, "rb") as file:
            lte(self.emulated.module).files.store("UFS:ca.pem", file.read())
        self.put("cacert", 2, "UFS:ca.pem")
        self.put("seclevel", 2, 1)
        self.works(ctx=2)

    def test_not_given_away(self) -> None:
        """A context that somebody names is not handed out to others."""
        with open(self.ca_path, "rb") as file:
            lte(self.emulated.module).files.store("UFS:ca.pem", file.read())
        self.put("cacert", 0, "UFS:ca.pem")
        self.put("seclevel", 0, 1)
        self.works(ctx=0)
        self.works(tls=TLSProfile(verify="none"))
        self.works(ctx=0)

    def test_unverified_neighbour(self) -> None:
        """A context that another one uses without verification is not used as provisioned."""
        peer = self.connect(
            self.endpoint(self.emulated, ctx=3, tls=TLSProfile(verify="none"), mode="push")
        )
        self.refused(self.start(self.endpoint(self.emulated, ctx=3)), UnverifiedContext)
        peer.transport.loseConnection()
        self.end_of(peer)


class ModemFileTests(VirtualCase):
    """Contexts of the modem file."""

    def test_put_back(self) -> None:
        """A context of the modem file is set at each bring-up, also after a restart."""
        emulated = self.emulate()
        emulated.modem(contexts={1: TLSProfile(cacert=self.ca_path)})
        self.serve(Echo)
        for _ in range(2):
            peer = self.connect(self.endpoint(emulated, ctx=1))
            peer.transport.write(b"hello")
            self.result_of(peer.when_received(5))
            peer.transport.loseConnection()
            self.end_of(peer)
            emulated.module.restart()
            self.settle(10.0)

    def test_restored_after_another_use(self) -> None:
        """Set otherwise for one connection, it is as the file says for the next."""
        emulated = self.emulate()
        emulated.modem(contexts={1: TLSProfile(cacert=self.ca_path)})
        self.serve(Echo)
        for arguments in ({"tls": TLSProfile(verify="none")}, {}):
            peer = self.connect(self.endpoint(emulated, ctx=1, **arguments))
            level = lte(emulated.module).contexts[1].number("seclevel")
            self.assertEqual(level, 0 if arguments else 1)
            peer.transport.loseConnection()
            self.end_of(peer)

    def test_unverified_in_the_file(self) -> None:
        """verify=none in the file does not make the context good for use by its number alone."""
        emulated = self.emulate()
        emulated.modem(contexts={1: TLSProfile(verify="none")})
        problem = self.assertRaises(InvalidValue, self.endpoint, emulated, ctx=1)
        self.one_line(problem, "ctx: ", "contexts.1", "verify=none")


class UnusableTests(VirtualCase):
    """A context of the modem file that cannot be had concerns those who name it."""

    def echoes(self, emulated: Any, **arguments: Any) -> None:
        """A connection works."""
        peer = self.connect(self.endpoint(emulated, **arguments))
        peer.transport.write(b"hello")
        self.result_of(peer.when_received(5))
        peer.transport.loseConnection()
        self.end_of(peer)

    def test_missing_tag(self) -> None:
        """identity=require, which this firmware lacks: the others go on."""
        emulated = self.emulate()
        required = TLSProfile(cacert=self.ca_path, identity="require")
        emulated.modem(contexts={1: required, 2: TLSProfile(cacert=self.ca_path)})
        self.serve(Echo)
        self.echoes(emulated)
        self.echoes(emulated, ctx=2)
        for _ in range(2):
            connecting = self.start(self.endpoint(emulated, ctx=1))
            problem = self.refused(connecting, IdentityNotChecked)
            self.one_line(problem, "ctx: contexts.1 of the modem file", "identity")
        self.echoes(emulated, ctx=2)

    def test_no_time(self) -> None:
        """Without a time nobody is refused but those whose certificates have dates to check."""
        emulated = self.emulate(settings=ModuleSettings(time_known=False))
        emulated.modem(contexts={1: TLSProfile(cacert=self.ca_path)}, clock="network")
        self.serve(Echo)
        self.echoes(emulated, tls=TLSProfile(verify="none"))
        problem = self.refused(self.start(self.endpoint(emulated, ctx=1)), ModemNotReady)
        self.one_line(problem, "contexts.1", "clock")

    def test_no_room(self) -> None:
        """A file that finds no room is put there when it does."""
        emulated = self.emulate()
        files = lte(emulated.module).files
        files.store("UFS:theirs", bytes(files.space("UFS")[0] - 1))
        emulated.modem(contexts={1: TLSProfile(cacert=self.ca_path)})
        self.serve(Echo)
        self.echoes(emulated, tls=TLSProfile(verify="none"))
        problem = self.refused(self.start(self.endpoint(emulated, ctx=1)), CertificateStoreError)
        self.one_line(problem, "contexts.1", "no space")
        files.delete("UFS:theirs")
        self.echoes(emulated, ctx=1)

    def test_rotated(self) -> None:
        """Certificates and keys may be renewed for ever: their predecessors make room."""
        settings = ModuleSettings(ufs_size=24 * 1024, ram_size=16 * 1024)
        emulated = self.emulate(settings=settings)
        self.serve(Echo)
        for _ in range(12):
            leaf = self.ca.issue_cert("client.example")
            cert = self.write("c.pem", leaf.cert_chain_pems[0].bytes())
            key = self.write("k.pem", leaf.private_key_pem.bytes())
            tls = TLSProfile(cacert=self.ca_path, client_cert=cert, client_key=key)
            self.echoes(emulated, tls=tls)
