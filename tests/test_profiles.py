"""Tests for L{twisted_quectel.profiles} and L{twisted_quectel.modemprofile}."""

from __future__ import annotations

import os
from dataclasses import FrozenInstanceError, replace
from pathlib import Path
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.pem import PEM, ModuleFile
from twisted_quectel.profiles import Identity, TLSProfile, Verify, merge_arguments
from twisted_quectel.tables.ciphers import LTE_SUITES

from .certificates import Certificates

PSK = "00112233445566778899aabbccddeeff"


class TLSProfileTests(SynchronousTestCase):
    """The TLS settings as Python code writes them."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())

    def refused(self, argument: str, **arguments: Any) -> str:
        """Make what cannot be made and give the one line that it yields."""
        message = str(self.assertRaises(ValueError, TLSProfile, **arguments))
        self.assertTrue(message.startswith(argument + ": "), message)
        self.assertNotIn("\n", message)
        return message

    def client(self, **arguments: Any) -> TLSProfile:
        """Make a profile with a client certificate."""
        return TLSProfile(
            cacert=self.files.ca,
            client_cert=self.files.client,
            client_key=self.files.key,
            **arguments,
        )

    def test_nobody_unverified_by_accident(self) -> None:
        """Without a CA the error says what can be done, C{verify=none} included."""
        message = self.refused("verify")
        for way in ("cacert=FILE", "psk_identity", "psk", "verify=none"):
            self.assertIn(way, message)

    def test_security_levels(self) -> None:
        """The level follows from what is given."""
        self.assertEqual(TLSProfile(verify="none").security_level, 0)
        self.assertEqual(TLSProfile(psk_identity="me", psk=PSK).security_level, 0)
        self.assertEqual(TLSProfile(cacert=self.files.ca).security_level, 1)
        self.assertEqual(TLSProfile(cacert=self.files.ca, verify="none").security_level, 0)
        self.assertEqual(
            TLSProfile(cacert=self.files.ca, psk_identity="me", psk=PSK).security_level, 1
        )
        self.assertEqual(self.client().security_level, 2)

    def test_defaults(self) -> None:
        """What is not said is what the design says."""
        profile = TLSProfile(cacert=Path(self.files.ca))
        self.assertIs(profile.verify, Verify.PEER)
        self.assertIs(profile.identity, Identity.PREFER)
        self.assertEqual(profile.version_number, 3)
        self.assertEqual(profile.cipher_suite, 0xFFFF)
        self.assertIsNone(profile.sni)
        self.assertIsNone(profile.session_cache)
        self.assertFalse(profile.renegotiation)
        self.assertFalse(profile.ignore_local_time)
        self.assertFalse(profile.ignore_multi_cert_chain_verify)
        self.assertFalse(profile.ignore_invalid_cert_sign)
        self.assertFalse(profile.dtls)

    def test_second_ca(self) -> None:
        """A file with two certificates fills both, and leaves no room for a third."""
        path = self.files.bundle(2)
        profile = TLSProfile(cacert=path)
        self.assertIsInstance(profile.cacertex, PEM)
        self.assertNotEqual(profile.cacert, profile.cacertex)
        self.refused("cacertex", cacert=path, cacertex=self.files.ca)
        self.refused("cacertex", cacertex=self.files.ca, verify="none")

    def test_file_on_the_module(self) -> None:
        """C{module:} names a file that is there already, and none is sent."""
        profile = TLSProfile(cacert="module:RAM:ca.pem")
        self.assertEqual(profile.cacert, ModuleFile("RAM:ca.pem"))
        self.assertEqual(profile.sources(), ())
        self.refused("cacert", cacert='module:RAM:"')

    def test_sources(self) -> None:
        """The files to send are the CA, the client's certificate and its key."""
        profile = self.client()
        self.assertEqual([source.private for source in profile.sources()], [False, False, True])

    def test_client_certificate_goes_with_verification(self) -> None:
        """A client certificate needs its key, a fitting one, a CA, and verification."""
        ca, client, key = self.files.ca, self.files.client, self.files.key
        self.refused("client_key", cacert=ca, client_cert=client)
        self.refused("client_cert", cacert=ca, client_key=key)
        self.refused("client_key", cacert=ca, client_cert=client, client_key=self.files.other_key)
        self.refused("client_cert", client_cert=client, client_key=key, verify="none")
        self.refused("cacert", client_cert=client, client_key=key, psk_identity="me", psk=PSK)
        self.refused("identity", verify="none", identity="require")
        self.refused("identity", psk_identity="me", psk=PSK, identity="require")

    def test_out_of_range(self) -> None:
        """Every value has its range, and the message its name."""
        bad: list[tuple[str, object]] = [
            ("verify", "maybe"),
            ("identity", "no"),
            ("ssl_version", "tls1.3"),
            ("ciphers", "0XFFFE"),
            ("ciphers", "TLS_RSA_WITH_RC4"),
            ("ciphers", 1),
            ("ciphers", "0X0035,0X002F"),
            ("sni", "2"),
            ("alpn", "x" * 256),
            ("alpn", 'h"'),
            ("psk_identity", ""),
            ("negotiate_time", 9),
            ("negotiate_time", 301),
            ("close_time_mode", "h"),
            ("session_cache", 2),
            ("dtls_version", "1.3"),
            ("cacert", 3),
            ("cacert", ""),
        ]
        for name, value in bad:
            self.refused(name, **{"verify": "none", name: value})

    def test_suites(self) -> None:
        """A suite may be named or numbered, in one of three ways."""
        for suite in LTE_SUITES:
            for written in (suite.name, suite.number, f"0X{suite.number:04X}"):
                profile = TLSProfile(verify="none", ciphers=written)
                self.assertEqual(profile.cipher_suite, suite.number)
        profile = TLSProfile(verify="none", ciphers="0XFFFF")
        self.assertEqual(profile, TLSProfile(verify="none"))

    def test_psk_is_secret(self) -> None:
        """The key is hexadecimal and appears nowhere."""
        profile = TLSProfile(psk_identity="me", psk=PSK)
        self.assertNotIn(PSK, repr(profile))
        self.refused("psk", psk_identity="me")
        self.refused("psk_identity", psk=PSK)
        for secret in ("hello-secret", "abc", "ab" * 128, 'ab"cd', "ab\x01cd"):
            message = self.refused("psk", psk_identity="me", psk=secret)
            self.assertNotIn(secret, message)

    def test_no_content_in_repr(self) -> None:
        """C{repr} shows where a key came from, not what it is."""
        shown = repr(self.client())
        self.assertIn(self.files.key, shown)
        self.assertNotIn(self.files.key_text.split(b"\n")[1].decode("ascii"), shown)

    def test_frozen_and_replaceable(self) -> None:
        """A profile does not change; a changed copy is checked again."""
        profile = self.client()
        self.assertRaises(FrozenInstanceError, setattr, profile, "verify", Verify.NONE)
        self.assertEqual(replace(profile, ssl_version="all").version_number, 4)
        self.assertRaises(ValueError, replace, profile, cacert=None)
        self.assertEqual(len({profile, self.client()}), 1)

    def test_digest(self) -> None:
        """Profiles share a digest when settings and contents are the same."""
        copy = self.files.write("copy.pem", self.files.ca_text)
        profile = TLSProfile(cacert=self.files.ca)
        self.assertEqual(profile.digest, TLSProfile(cacert=copy).digest)
        digests = {
            profile.digest,
            TLSProfile(cacert=self.files.ca, sni=True).digest,
            TLSProfile(cacert=self.files.ca, psk_identity="me", psk=PSK).digest,
            TLSProfile(cacert=self.files.ca, psk_identity="me", psk=PSK[2:]).digest,
            TLSProfile(cacert="module:ca.pem").digest,
            self.client().digest,
        }
        self.assertEqual(len(digests), 6)

    def test_sni(self) -> None:
        """The name is sent for names, never for addresses, and not if unwanted."""
        profile = TLSProfile(verify="none")
        self.assertTrue(profile.sni_for("broker.example"))
        self.assertFalse(profile.sni_for("192.0.2.1"))
        self.assertFalse(TLSProfile(verify="none", sni=True).sni_for("2001:db8::1"))
        self.assertFalse(TLSProfile(verify="none", sni=False).sni_for("broker.example"))

    def test_negotiate_time(self) -> None:
        """It follows the time-out within 10-300 s, unless it is given."""
        profile = TLSProfile(verify="none")
        times = [profile.negotiate_time_for(timeout) for timeout in (0.5, 59.2, 60, 1e9)]
        self.assertEqual(times, [10, 60, 60, 300])
        self.assertEqual(TLSProfile(verify="none", negotiate_time=20).negotiate_time_for(60), 20)

    def test_resolved(self) -> None:
        """A resolved profile leaves nothing open, and the other one as it was."""
        profile = TLSProfile(verify="none")
        resolved = profile.resolved("broker.example", 60)
        self.assertEqual((resolved.sni, resolved.negotiate_time), (True, 60))
        self.assertIsNone(profile.sni)
        self.assertNotEqual(profile.digest, resolved.digest)


class ArgumentTests(SynchronousTestCase):
    """The same settings as strings and files write them."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())

    def test_camel_case(self) -> None:
        """Names and values are those of endpoint strings."""
        profile = TLSProfile.from_arguments(
            {
                "cacert": "ca.pem",
                "clientCert": "client.pem",
                "clientKey": "key.pem",
                "sslVersion": "all",
                "ignoreLocalTime": "1",
                "ignoreMultiCertChainVerify": "true",
                "ignoreInvalidCertSign": "0",
                "sessionCache": "0",
                "negotiateTime": "30",
                "closeTimeMode": "ms",
                "ciphers": "0xc02f",
            },
            folder=self.files.folder,
        )
        self.assertEqual(profile.security_level, 2)
        self.assertEqual(profile.version_number, 4)
        self.assertEqual(profile.cipher_suite, 0xC02F)
        self.assertTrue(profile.ignore_local_time)
        self.assertTrue(profile.ignore_multi_cert_chain_verify)
        self.assertFalse(profile.ignore_invalid_cert_sign)
        self.assertIs(profile.session_cache, False)
        self.assertEqual(profile.negotiate_time, 30)
        self.assertEqual(profile.close_time_mode, "ms")

    def test_names_in_messages(self) -> None:
        """Messages name arguments in camelCase, with what stands before them."""
        cases: list[tuple[dict[str, object], str]] = [
            ({}, "pskIdentity"),
            ({"verify": "none", "sslVersion": "tls9"}, "sslVersion: "),
            ({"cacert": self.files.ca, "clientCert": self.files.client}, "clientKey: "),
            ({"cacrt": "x"}, "did you mean cacert?"),
        ]
        for arguments, expected in cases:
            error = self.assertRaises(
                ValueError, TLSProfile.from_arguments, arguments, prefix="a.tls."
            )
            self.assertIn(expected, str(error))
            self.assertTrue(str(error).startswith("a.tls."), str(error))

    def test_merge(self) -> None:
        """An argument replaces a default, and what belongs to that default."""
        defaults: dict[str, object] = {
            "cacert": "a.pem",
            "cacertex": "b.pem",
            "verify": "none",
            "alpn": "mqtt",
        }
        self.assertEqual(
            merge_arguments(defaults, {"cacert": "c.pem"}), {"cacert": "c.pem", "alpn": "mqtt"}
        )
        self.assertEqual(merge_arguments(defaults, {"alpn": ""}), {**defaults, "alpn": ""})

    def test_merge_without_verification(self) -> None:
        """C{verify=none} over a default with a client certificate does without that."""
        defaults: dict[str, object] = {
            "cacert": self.files.ca,
            "clientCert": self.files.client,
            "clientKey": self.files.key,
            "identity": "require",
        }
        merged = merge_arguments(defaults, {"verify": "none"})
        self.assertEqual(TLSProfile.from_arguments(merged).security_level, 0)


class ModemProfileTests(SynchronousTestCase):
    """The description of a modem."""

    def refused(self, argument: str, **arguments: Any) -> str:
        """Make what cannot be made and give the one line that it yields."""
        arguments = {"name": "gateway", "device": "/dev/ttyUSB2", **arguments}
        message = str(self.assertRaises(ValueError, ModemProfile, **arguments))
        self.assertTrue(message.startswith(argument + ": "), message)
        self.assertNotIn("\n", message)
        return message

    def test_secrets(self) -> None:
        """PIN and password are nowhere to be seen."""
        tls = {"pskIdentity": "me", "psk": PSK}
        profile = ModemProfile(
            "gateway", "/dev/ttyUSB2", apn="i", user="me", password="hush", pin="7391", tls=tls
        )
        for secret in ("hush", "7391", PSK):
            self.assertNotIn(secret, repr(profile))
        for pin in ("739", "739173917", "73a1", "739\r"):
            self.assertNotIn(pin, self.refused("pin", pin=pin))
        self.assertIn("quotes", self.refused("pin", pin=7391))
        self.assertNotIn("hu\rsh", self.refused("password", user="me", password="hu\rsh"))

    def test_authentication(self) -> None:
        """With a user it is PAP unless something else is said."""
        self.assertEqual(ModemProfile("a", "/dev/x").auth, "none")
        self.assertEqual(ModemProfile("a", "/dev/x", apn="i", user="u").auth, "pap")
        profile = ModemProfile("a", "/dev/x", apn="i", user="u", auth="chap")
        self.assertEqual(profile.auth, "chap")
        self.refused("user", password="secret")
        self.refused("user", auth="chap")

    def test_access_point(self) -> None:
        """What says how an access point is used is refused where none is named."""
        for name, value in (("user", "u"), ("ip", "ipv6")):
            message = self.refused(name, **{name: value})
            self.assertIn("apn", message)
            given: dict[str, Any] = {"apn": "i", name: value}
            self.assertEqual(getattr(ModemProfile("a", "/dev/x", **given), name), value)

    def test_out_of_range(self) -> None:
        """Every value has its range, and the message its name."""
        bad: list[tuple[str, object]] = [
            ("name", ""),
            ("device", ""),
            ("device", "ttyUSB2"),
            ("device", "/dev/x\0"),
            ("model", "EC99"),
            ("baudrate", 300),
            ("rtscts", "perhaps"),
            ("apn", 'x"'),
            ("apn", "x" * 128),
            ("auth", "sap"),
            ("ip", "ipx"),
            ("pdp", 0),
            ("pdp", 17),
            ("dns", ("192.0.2.1", "192.0.2.2", "192.0.2.3")),
            ("dns", "ns.example"),
            ("data_devices", ("ttyUSB3",)),
            ("urc_port", "usb"),
            ("clock", "gps"),
            ("keys", "sd"),
            ("tls", 3),
            ("contexts", {6: TLSProfile(verify="none")}),
        ]
        for name, value in bad:
            self.refused(name if name != "contexts" else "contexts.6", **{name: value})
        self.refused("tls.cacrt", tls={"cacrt": "x"})

    def test_kinds_of_device(self) -> None:
        """A path, the emulator, or a client endpoint."""
        kinds = {
            device: ModemProfile("a", device).kind
            for device in ("/dev/ttyUSB2", "emulator", "tcp:192.0.2.1:4001")
        }
        self.assertEqual(list(kinds.values()), ["serial", "emulator", "endpoint"])

    def test_one_device_under_two_names(self) -> None:
        """A link and what it leads to are one device; differences are named."""
        folder = self.mktemp()
        os.mkdir(folder)
        device, link = os.path.abspath(f"{folder}/tty"), os.path.abspath(f"{folder}/by-id")
        os.symlink(device, link)
        one, two = ModemProfile("a", device), ModemProfile("b", link, model="ec25")
        self.assertEqual(one.key, two.key)
        self.assertEqual(one.differences(two), ("model",))
        self.assertEqual(one.differences(ModemProfile("c", link)), ())
        self.assertEqual(one.differences(ModemProfile("a", "/dev/null")), ("device",))
        self.assertEqual(hash(one), hash(ModemProfile("a", device)))
