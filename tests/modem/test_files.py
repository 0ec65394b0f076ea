"""Tests for L{twisted_quectel.modem.files}: each content goes up once."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.certificates import Certificates
from twisted_quectel.errors import CertificateStoreError
from twisted_quectel.families.lte.files import checksum
from twisted_quectel.families.lte.settings import context_settings
from twisted_quectel.modem.contexts import Context, ContextPool
from twisted_quectel.modem.files import FileStore
from twisted_quectel.pem import PEM
from twisted_quectel.profiles import TLSProfile

from .scripted import CONNECT, OK, Answer, PortBench


class FileStoreTests(SynchronousTestCase):
    """Certificates on the module."""

    def setUp(self) -> None:
        self.certificates = Certificates(self.mktemp())
        self.bench = PortBench()
        self.answers = self.bench.answers
        self.sent = self.bench.module.sent
        self.contexts = ContextPool(self.bench.port, self.bench.family)
        self.store = self.new_store()
        self.told: list[tuple[str, int, int]] = []
        self.accept()

    def new_store(self, keys: str = "ram") -> FileStore:
        """Make a store, as each bring-up does."""
        store = FileStore(self.bench.port, self.bench.family, keys, self.contexts)
        store.progress.append(lambda path, done, total: self.told.append((path, done, total)))
        return store

    def accept(self) -> None:
        """Have the module confirm what it gets."""
        received = self.bench.module.received
        self.bench.module.on_body(
            "+QFUPL",
            CONNECT,
            lambda _: f"+QFUPL: {len(received[-1])},{checksum(received[-1]):x}\n\nOK",
        )

    def profile(self, **arguments: Any) -> TLSProfile:
        """A profile with a CA."""
        return TLSProfile(cacert=self.certificates.ca, **arguments)

    def paths(self, profile: TLSProfile, store: FileStore | None = None) -> Deferred[Any]:
        """Have a profile's files on the module."""
        return self.bench.run((store or self.store).paths(profile))

    def source(self, profile: TLSProfile) -> PEM:
        """Give the CA's file."""
        assert isinstance(profile.cacert, PEM)
        return profile.cacert

    def test_uploaded_once(self) -> None:
        """The drive is listed once, the content goes up once, however often it is wanted."""
        profile = self.profile()
        path = f"UFS:{self.source(profile).name}"
        for _ in range(3):
            self.assertEqual(self.successResultOf(self.paths(profile)), {"cacert": path})
        self.assertEqual([len(self.sent(name)) for name in ("+QFLST", "+QFUPL")], [1, 1])
        self.assertEqual(self.bench.module.received, [self.source(profile).data])
        size = len(self.source(profile).data)
        self.assertEqual(self.told, [(path, 0, size), (path, size, size)])

    def test_there_already(self) -> None:
        """A file of the right name and size is not sent again, with or without its drive."""
        source = self.source(self.profile())
        for prefix in ("UFS:", ""):
            self.answers["+QFLST"] = f'+QFLST: "{prefix}{source.name}",{len(source.data)}\n\n{OK}'
            self.successResultOf(self.paths(self.profile(), self.new_store()))
        self.assertEqual(self.sent("+QFUPL"), [])

    def test_wrong_size(self) -> None:
        """A file of the right name and another size is replaced."""
        source = self.source(self.profile())
        self.answers["+QFLST"] = f'+QFLST: "UFS:{source.name}",7\n\n{OK}'
        self.successResultOf(self.paths(self.profile()))
        self.assertEqual(len(self.sent("+QFUPL")), 1)

    def test_key_in_ram(self) -> None:
        """Private keys go to RAM, or where they are told to."""
        profile = self.profile(
            client_cert=self.certificates.client, client_key=self.certificates.key
        )
        for keys, drive in (("ram", "RAM:"), ("ufs", "UFS:")):
            paths = self.successResultOf(self.paths(profile, self.new_store(keys)))
            self.assertEqual(set(paths), {"cacert", "clientcert", "clientkey"})
            self.assertTrue(paths["clientkey"].startswith(drive + "tq-"))
            self.assertTrue(paths["clientcert"].startswith("UFS:tq-"))

    def test_two_authorities(self) -> None:
        """A file with two certificates fills both settings."""
        profile = TLSProfile(cacert=self.certificates.bundle(2))
        paths = self.successResultOf(self.paths(profile))
        self.assertEqual(set(paths), {"cacert", "cacertex"})
        self.assertEqual(len(set(paths.values())), 2)

    def test_on_the_module(self) -> None:
        """A file that is on the module is named, and not touched."""
        profile = TLSProfile(cacert="module:RAM:ca.pem")
        self.assertEqual(self.successResultOf(self.paths(profile)), {"cacert": "RAM:ca.pem"})
        self.assertEqual(self.bench.module.lines, [])

    def test_nothing(self) -> None:
        """A profile without files needs none."""
        profile = TLSProfile(verify="none")
        self.assertEqual(self.successResultOf(self.paths(profile)), {})

    def test_room(self) -> None:
        """When space is short, our files that nobody uses go, and nobody else's."""
        own = "UFS:tq-0000000000000000.pem"
        self.answers["+QFLST"] = f'+QFLST: "{own}",9\n\n+QFLST: "UFS:theirs.pem",9\n\n{OK}'
        upload = self.answers["+QFUPL"]
        assert callable(upload)
        self.answers["+QFUPL"] = ["+CME ERROR: 420"] * 3 + [upload]
        self.successResultOf(self.paths(self.profile()))
        self.assertIn(f'+QFDEL="{own}"', self.bench.module.lines)
        self.assertNotIn('+QFDEL="UFS:theirs.pem"', self.bench.module.lines)

    def use(self, profile: TLSProfile) -> Context:
        """Have a profile's files on the module, and take a context for it."""
        paths = self.successResultOf(self.paths(profile))
        settings = context_settings(profile, False, 60.0, paths)
        return self.successResultOf(
            Deferred.fromCoroutine(self.contexts.acquire(settings, None, False))
        )

    def rotated(self) -> TLSProfile:
        """A profile with another CA each time."""
        self.certificates = Certificates(self.mktemp())
        return self.profile()

    def full(self, times: int = 3) -> None:
        """Refuse the next uploads."""
        upload = self.answers["+QFUPL"]
        if isinstance(upload, list):
            upload = upload[-1]
        refused: list[Answer] = ["+CME ERROR: 420"] * times
        self.answers["+QFUPL"] = [*refused, upload]
        self.before = len(self.sent("+QFDEL"))

    def gone(self, profile: TLSProfile) -> bool:
        """Whether a profile's CA was the first to go."""
        name = self.source(profile).name
        # each refused upload takes away what it may have left
        first = self.sent("+QFDEL")[self.before + 3 :][:1]
        return first == [f'+QFDEL="UFS:{name}"']

    def test_rotated(self) -> None:
        """What an idle context was set to goes when space is short, the oldest first."""
        profiles = [self.rotated() for _ in range(4)]
        contexts = [self.use(profile) for profile in profiles[:3]]
        for context in contexts[1:]:
            self.contexts.release(context)
        self.full()
        self.successResultOf(self.paths(profiles[3]))
        self.assertTrue(self.gone(profiles[1]))
        self.assertIs(contexts[1].settings, None)
        self.use(profiles[3])
        for _ in range(2):
            # the two that are left on idle contexts, or were on none, go; the others never
            self.full()
            self.paths(self.rotated()).addErrback(lambda reason: None)
        self.assertEqual(self.kept_deleted(profiles[0], profiles[3])[3:], [])

    def test_used_again(self) -> None:
        """Age counts from the last use; what no context is set to goes before that."""
        profiles = [self.rotated() for _ in range(3)]
        for profile in profiles[:2]:
            self.contexts.release(self.use(profile))
        self.contexts.release(self.use(profiles[0]))
        self.full()
        unused = self.rotated()
        self.successResultOf(self.paths(unused))
        self.assertTrue(self.gone(profiles[1]))
        self.full()
        self.successResultOf(self.paths(self.rotated()))
        self.assertTrue(self.gone(unused))

    def test_held(self) -> None:
        """What is about to be used stays, and so does what a named context relies on."""
        held, named = self.rotated(), self.rotated()
        settings = context_settings(named, False, 60.0, self.successResultOf(self.paths(named)))
        self.contexts.reserve([3])
        self.contexts.keep(3, settings)
        self.successResultOf(self.paths(held))
        with self.store.held(held):
            self.full()
            self.failureResultOf(self.paths(self.rotated()), CertificateStoreError)
        self.assertEqual(self.kept_deleted(held, named), [])

    def kept_deleted(self, *profiles: TLSProfile) -> list[str]:
        """Give the deletions that were of these profiles' files."""
        names = [self.source(profile).name for profile in profiles]
        deleted = self.bench.module.sent("+QFDEL")
        return [line for line in deleted if any(name in line for name in names)]

    def test_other_drive(self) -> None:
        """Files on another drive make no room."""
        self.answers['+QFLST="RAM'] = f'+QFLST: "RAM:tq-0000000000000000.pem",9\n\n{OK}'
        pair = {"client_cert": self.certificates.client, "client_key": self.certificates.key}
        self.successResultOf(self.paths(self.profile(**pair)))
        with self.store.held(self.profile(**pair)):
            self.full()
            self.failureResultOf(self.paths(self.rotated()), CertificateStoreError)
        self.assertNotIn('+QFDEL="RAM:tq-0000000000000000.pem"', self.bench.module.lines)

    def test_listener_that_fails(self) -> None:
        """Who fails to be told is logged; the upload goes on, and the others are told."""

        def fail(path: str, done: int, total: int) -> None:
            raise ZeroDivisionError("listener")

        self.store.progress.insert(0, fail)
        self.successResultOf(self.paths(self.profile()))
        self.assertEqual(len(self.told), 2)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 2)

    def test_no_room(self) -> None:
        """Without files to delete the error says what was wrong, and the next try starts anew."""
        self.answers["+QFUPL"] = "+CME ERROR: 420"
        problem = self.failureResultOf(self.paths(self.profile()), CertificateStoreError).value
        self.assertIn("no space", str(problem))
        self.accept()
        self.successResultOf(self.paths(self.profile()))

    def test_one_at_a_time(self) -> None:
        """Two who want the same file at once get one upload."""
        self.answers["+QFUPL"] = None
        first = self.paths(self.profile())
        second = self.paths(self.profile())
        self.assertNoResult(second)
        self.assertEqual(len(self.sent("+QFUPL")), 1)
        first.cancel()
        self.failureResultOf(first, CancelledError)
        self.accept()
        self.bench.module.say("ERROR")
        self.bench.module.settle()
        self.successResultOf(second)
        self.assertEqual(len(self.sent("+QFUPL")), 2)
