"""Tests for L{twisted_quectel.families.lte.settings}: what a TLS profile means."""

from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.families import golden_lte as golden
from twisted_quectel.families.base import ContextSettings
from twisted_quectel.families.lte.settings import context_settings
from twisted_quectel.profiles import TLSProfile

CA = "module:RAM:cacert.pem"
PATHS = {"cacert": "RAM:cacert.pem"}


def settings_of(**arguments: Any) -> ContextSettings:
    """What a profile with a CA means."""
    return context_settings(TLSProfile(cacert=CA, **arguments), False, 60.0, PATHS)


class SettingsTests(SynchronousTestCase):
    """What a profile means."""

    def values(self, **arguments: Any) -> dict[str, tuple[object, ...]]:
        """Give the settings by tag."""
        arguments.setdefault("cacert", CA)
        profile = TLSProfile(**arguments)
        return {s.tag: s.values for s in context_settings(profile, False, 60.0, PATHS)}

    def test_each_argument_reaches_its_tag(self) -> None:
        """Each attribute of a profile changes its own tag, and the tags it implies."""
        paths = {**PATHS, "cacertex": "UFS:b", "clientcert": "UFS:c", "clientkey": "RAM:k"}
        profile = TLSProfile(
            cacert=CA, cacertex="module:b", client_cert="module:c", client_key="module:RAM:k"
        )
        files = {s.tag: s.values for s in context_settings(profile, False, 60.0, paths)}
        for tag, path in paths.items():
            self.assertEqual(files[tag], (path,))
        self.assertEqual(files["seclevel"], (2,))
        base = self.values()
        for arguments, tag, value in (
            ({"ssl_version": "tls1.0"}, "sslversion", 1),
            ({"ssl_version": "all"}, "sslversion", 4),
            ({"sni": False}, "sni", 0),
            ({"alpn": "mqtt"}, "alpn", "mqtt"),
            ({"session_cache": False}, "session_cache", 0),
            ({"renegotiation": True}, "renegotiation", 1),
            ({"negotiate_time": 30}, "negotiatetime", 30),
            ({"close_time_mode": "ms"}, "closetimemode", 1),
            ({"ignore_local_time": True}, "ignorelocaltime", 1),
            ({"ignore_multi_cert_chain_verify": True}, "ignoremulticertchainverify", 1),
            ({"ignore_invalid_cert_sign": True}, "ignoreinvalidcertsign", 1),
        ):
            changed = self.values(**arguments)
            self.assertEqual(changed[tag], (value,))
            self.assertNotEqual(base[tag], changed[tag])
            self.assertEqual({**base, tag: changed[tag]}, changed)
        self.assertEqual(self.values(verify="none", cacert=None)["seclevel"], (0,))
        for number, name in golden.SUITES.items():
            (suite,) = self.values(ciphers=name)["ciphersuite"]
            self.assertEqual(getattr(suite, "text", None), f"0X{number:04X}")
        psk = self.values(psk_identity="me", psk="00ff")["psk"]
        self.assertEqual((psk[0], getattr(psk[1], "text", None)), ("me", "00ff"))

    def test_complete(self) -> None:
        """Every security tag is set explicitly, and every tag but C{dtlsversion} at all."""
        tags = set(self.values())
        self.assertLessEqual(golden.SECURITY_TAGS, tags)
        self.assertEqual(set(golden.TAGS) - tags, {"dtlsversion"})
        self.assertEqual(tags - set(golden.TAGS), {"checkhost"})

    def test_sni_for_addresses(self) -> None:
        """An address is never sent as a name (RFC 6066 chapter 3)."""
        profile = TLSProfile(cacert=CA, sni=None)
        settings = {s.tag: s.values for s in context_settings(profile, True, 60.0, PATHS)}
        self.assertEqual(settings["sni"], (0,))

    def test_negotiate_time(self) -> None:
        """It follows the connection's time-out within 10 to 300 s."""
        profile = TLSProfile(cacert=CA)
        for timeout, seconds in ((1.0, 10), (59.5, 60), (1000.0, 300)):
            settings = context_settings(profile, False, timeout, PATHS)
            values = {s.tag: s.values for s in settings}
            self.assertEqual(values["negotiatetime"], (seconds,))

    def test_datagrams(self) -> None:
        """DTLS and its version are set; a firmware that lacks the tags is of no use then."""
        for version, number in (("1.0", 0), ("1.2", 1)):
            profile = TLSProfile(cacert=CA, dtls=True, dtls_version=version)
            found = {s.tag: s for s in context_settings(profile, False, 60.0, PATHS)}
            self.assertEqual(found["dtls"].values, (1,))
            self.assertEqual(found["dtlsversion"].values, (number,))
            self.assertTrue(found["dtls"].needed and found["dtlsversion"].needed)

    def test_equal_profiles(self) -> None:
        """Equal profiles give equal settings, and others do not, their keys included."""
        self.assertEqual(settings_of(), settings_of())
        one = settings_of(psk_identity="me", psk="00")
        self.assertNotEqual(one, settings_of(psk_identity="me", psk="01"))
        self.assertNotIn("00ff", repr(settings_of(psk_identity="me", psk="00ff")))
