"""Tests for L{twisted_quectel.families.lte.contexts} (LTE SSL note, chapter 2.2.1)."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.families import golden_lte as golden
from twisted_quectel.at import parse_info
from twisted_quectel.errors import (
    IdentityNotChecked,
    ModemParameterError,
    UnsupportedOperation,
    UnverifiedContext,
)
from twisted_quectel.families.base import ContextSettings, Setting
from twisted_quectel.families.lte.contexts import (
    ContextDialogue,
    read_tag,
    read_tags,
)
from twisted_quectel.families.lte.settings import context_settings
from twisted_quectel.profiles import TLSProfile

from .contextbench import ScriptedContexts

CA = "module:RAM:cacert.pem"
PATHS = {"cacert": "RAM:cacert.pem"}


def settings_of(**arguments: Any) -> ContextSettings:
    """What a profile with a CA means."""
    return context_settings(TLSProfile(cacert=CA, **arguments), False, 60.0, PATHS)


class ContextCase(SynchronousTestCase):
    """A module whose contexts are set and read."""

    def setUp(self) -> None:
        self.bench = ScriptedContexts()
        self.dialogue = ContextDialogue(self.bench.family.firmware, 512)

    def configure(self, settings: ContextSettings, context: int = 1) -> Deferred[None]:
        """Set a context."""
        return self.bench.run(self.dialogue.configure(self.bench.port, context, settings))

    def lines(self) -> list[str]:
        """Give the command lines since the last call."""
        lines, self.bench.module.lines[:] = list(self.bench.module.lines), []
        return lines


class ConfigureTests(ContextCase):
    """A context is set, and read back."""

    def test_set_and_read_back(self) -> None:
        """Each tag is written and read; the context then holds what was wanted."""
        self.successResultOf(self.configure(settings_of(identity="prefer")))
        held = self.bench.values[1]
        for tag, values in (
            ("sslversion", ["3"]),
            ("ciphersuite", ["0XFFFF"]),
            ("seclevel", ["1"]),
            ("cacert", ["RAM:cacert.pem"]),
            ("ignorelocaltime", ["0"]),
            ("ignoremulticertchainverify", ["0"]),
            ("ignoreinvalidcertsign", ["0"]),
            ("sni", ["1"]),
            ("negotiatetime", ["60"]),
            ("dtls", ["0"]),
        ):
            self.assertEqual(held[tag], values, tag)
        text = ";".join(self.lines())
        for tag in golden.TAGS:
            if tag == "dtlsversion":
                continue  # means nothing without dtls
            self.assertIn(f'+QSSLCFG="{tag}",1,', text)
            self.assertRegex(text + ";", f'\\+QSSLCFG="{tag}",1;')

    def test_joined(self) -> None:
        """Commands share a line as far as they fit; none is longer than the family's limit."""
        self.bench.missing = set()
        self.bench.values[1]["checkhost"] = ["0"]
        self.successResultOf(self.configure(settings_of()))
        lines = self.lines()
        self.assertLess(len(lines), 10)
        self.assertTrue(all(len(line) + 2 <= 512 for line in lines))

    def test_not_joined(self) -> None:
        """A firmware that refuses a joined line gets single ones, and from then on only those."""
        self.bench.joins = False
        self.bench.missing = set()
        self.bench.values[1]["checkhost"] = ["0"]
        self.successResultOf(self.configure(settings_of()))
        self.assertFalse(self.bench.family.firmware.joins)
        self.lines()
        self.successResultOf(self.configure(settings_of(), 2).addErrback(lambda _: None))
        self.assertFalse([line for line in self.lines() if ";" in line])

    def test_leftovers(self) -> None:
        """What an earlier user has left is cleared (field note 30)."""
        self.bench.set(
            1,
            cacertex="UFS:other.pem",
            clientcert="UFS:c.pem",
            clientkey="UFS:k.pem",
            psk="stranger,00ff",
            alpn="h2",
            ignoremulticertchainverify="1",
            ignoreinvalidcertsign="1",
            ignorelocaltime="1",
            renegotiation="1",
            dtls="1",
            seclevel="0",
            closetimemode="1",
        )
        self.successResultOf(self.configure(settings_of()))
        held = self.bench.values[1]
        for tag in ("cacertex", "clientcert", "clientkey", "alpn"):
            self.assertEqual(held[tag], [""], tag)
        self.assertEqual(held["psk"], ["", ""])
        for tag in (
            "ignoremulticertchainverify",
            "ignoreinvalidcertsign",
            "ignorelocaltime",
            "renegotiation",
            "dtls",
            "closetimemode",
        ):
            self.assertEqual(held[tag], ["0"], tag)

    def test_silent_write(self) -> None:
        """A write that is answered by OK and changes nothing is written again (note 26)."""
        self.bench.stubborn = {"seclevel": 1, "sni": 2}
        self.successResultOf(self.configure(settings_of(), 0))
        self.assertEqual(self.bench.values[0]["seclevel"], ["1"])
        self.assertEqual(self.bench.values[0]["sni"], ["1"])

    def test_write_that_never_takes(self) -> None:
        """A setting that reads back otherwise in the end is told by tag and argument."""
        self.bench.stubborn = {"seclevel": 99}
        problem = self.failureResultOf(self.configure(settings_of()), ModemParameterError).value
        self.assertIn('"seclevel" (verify)', str(problem))
        self.assertEqual(problem.family, "lte")

    def test_missing_where_harmless(self) -> None:
        """A firmware may lack a tag whose default is what is wanted; it is not asked again."""
        harmless = {
            "checkhost",
            "cacertex",
            "ignoremulticertchainverify",
            "ignoreinvalidcertsign",
            "psk",
            "dtls",
            "dtlsversion",
            "session_cache",
            "alpn",
            "renegotiation",
            "closetimemode",
        }
        self.bench.missing = set(harmless)
        self.successResultOf(self.configure(settings_of()))
        missing = self.bench.family.firmware.missing_tags
        self.assertEqual(missing, harmless - {"dtlsversion"})
        self.lines()
        self.successResultOf(self.configure(settings_of(), 2))
        text = ";".join(self.lines())
        for tag in missing:
            self.assertNotIn(f'"{tag}"', text)

    def test_missing_where_needed(self) -> None:
        """A firmware that lacks what was asked for is refused by the argument's name."""
        for tag, argument, arguments in (
            ("seclevel", "verify", {}),
            ("sni", "sni", {}),
            ("ignorelocaltime", "ignoreLocalTime", {}),
            ("ignoreinvalidcertsign", "ignoreInvalidCertSign", {"ignore_invalid_cert_sign": True}),
            ("alpn", "alpn", {"alpn": "mqtt"}),
            ("renegotiation", "renegotiation", {"renegotiation": True}),
            ("session_cache", "sessionCache", {"session_cache": False}),
            ("psk", "psk", {"psk_identity": "me", "psk": "00ff"}),
        ):
            self.setUp()
            self.bench.missing = {tag, "checkhost"}
            for _ in range(2):  # known from the first time on
                done = self.configure(settings_of(**arguments))
                problem = self.failureResultOf(done, UnsupportedOperation).value
                self.assertTrue(str(problem).startswith(f"{argument}: "), str(problem))
                self.assertNotIn("00ff", str(problem) + "".join(problem.trace))

    def test_passing_errors(self) -> None:
        """Errors that pass do not make a tag missing: neither one that was set, nor one listed."""
        self.successResultOf(self.configure(settings_of()))
        self.bench.set(1, cacertex="UFS:other.pem")
        self.lines()
        whole = settings_of()
        at = [setting.tag for setting in whole].index("cacertex")
        for fresh in (False, True):
            if fresh:
                self.setUp()
            self.bench.errors = 2  # the write and the query; the test form lists it
            done = self.configure(whole[at : at + 1])
            problem = self.failureResultOf(done, ModemParameterError).value
            self.assertTrue(str(problem).startswith("cacert: "), str(problem))
            self.assertEqual("+QSSLCFG=?" in self.lines(), fresh)
            self.assertNotIn("cacertex", self.bench.family.firmware.missing_tags)
        self.successResultOf(self.configure(whole))
        self.assertEqual(self.bench.values[1]["cacertex"], [""])

    def test_no_test_form(self) -> None:
        """Where the test form is refused too, write and query decide."""
        self.bench.answers["+QSSLCFG=?"] = "ERROR"
        self.bench.missing = {"checkhost", "dtls"}
        self.successResultOf(self.configure(settings_of()))
        self.assertEqual(self.bench.family.firmware.missing_tags, {"checkhost", "dtls"})

    def test_missing_found_before(self) -> None:
        """What a firmware lacks is known for the next profile too."""
        self.bench.missing = {"alpn", "checkhost"}
        self.successResultOf(self.configure(settings_of()))
        self.lines()
        self.failureResultOf(self.configure(settings_of(alpn="h2")), UnsupportedOperation)
        self.assertEqual(self.lines(), [])

    def test_identity(self) -> None:
        """C{identity=require} needs checkhost; C{prefer} does without."""
        self.failureResultOf(self.configure(settings_of(identity="require")), IdentityNotChecked)
        self.successResultOf(self.configure(settings_of(identity="prefer")))
        self.setUp()
        self.bench.missing = set()
        self.bench.values[1]["checkhost"] = ["0"]
        self.successResultOf(self.configure(settings_of(identity="require")))
        self.assertEqual(self.bench.values[1]["checkhost"], ["1"])

    def test_refused_but_so_already(self) -> None:
        """A refused write does not matter where the context holds the value."""
        self.bench.refused = {'""'}
        self.successResultOf(self.configure(settings_of()))

    def test_refused_value(self) -> None:
        """A refused write that matters is told by the argument's name."""
        self.bench.refused = {"3"}
        problem = self.failureResultOf(self.configure(settings_of()), UnsupportedOperation).value
        self.assertTrue(str(problem).startswith("sslVersion: "), str(problem))

    def test_secret_nowhere(self) -> None:
        """A PSK that is written, echoed and read back shows in no trace."""
        self.successResultOf(self.configure(settings_of(psk_identity="me", psk="c0ffee")))
        self.assertEqual(self.bench.values[1]["psk"], ["me", "c0ffee"])
        self.assertNotIn("c0ffee", "".join(self.bench.port.trace.last(99)))

    def test_stranger_in_a_value(self) -> None:
        """A setting of another kind is a mistake of ours."""
        done = self.configure((Setting("sni", "sni", (1.5,)),))
        self.failureResultOf(done, TypeError)


class ReadBackTests(ContextCase):
    """Answers as printed, as documented, and as firmware has them."""

    def configured(self, settings: ContextSettings, context: int = 1) -> bool:
        """Whether a context is set so."""
        done = self.bench.run(self.dialogue.configured(self.bench.port, context, settings))
        return bool(self.successResultOf(done))

    def test_configured(self) -> None:
        """A context is as wanted if each tag is; another profile's is not."""
        self.assertFalse(self.configured(settings_of()[:5]))
        self.successResultOf(self.configure(settings_of()))
        self.assertTrue(self.configured(settings_of()))
        self.assertFalse(self.configured(settings_of(alpn="h2")))
        self.bench.set(1, seclevel="0")
        self.assertFalse(self.configured(settings_of()))

    def test_misprints(self) -> None:
        """The document's misprints are understood (at-facts A.7, rows 3 to 7 and 10)."""
        suite = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"
        for tag, printed in (
            ("seclevel", '+QSSLCFG: "secllevel",{context},{values}'),
            ("cacertex", '+QSSLCFG: "clientcertex",{context},{values}'),
            (
                "ignoreinvalidcertsign",
                '+QSSLCFG: "ignoremulticertchainverify",{context},{values}',
            ),
            ("psk", '+QSSLCFG:"psk",{context},{values}'),
            ("renegotiation", '+QSSLCFG: "renegotiation{context},{values}'),
            ("ciphersuite", '+QSSLCFG: "ciphersuite",{context},0xc02f'),
            ("ciphersuite", '+QSSLCFG: "ciphersuite",{context},"0XC02F"'),
            ("sni", '+QSSLCFG: "SNI", {context}, {values}'),
            ("alpn", '+QSSLCFG: "alpn",{context}'),
        ):
            for joins in (True, False):
                self.setUp()
                self.bench.printed = {tag: printed}
                self.dialogue._firmware.joins = joins
                settings = settings_of(ciphers=suite)
                self.successResultOf(self.configure(settings))
                self.assertTrue(self.configured(settings), (tag, printed))

    def test_nonsense(self) -> None:
        """An answer that says nothing of the tag, or another context's, is not believed."""
        for printed in (
            "+QSSLCFG: ",
            '+QSSLCFG: "sni",2,1',
            '+QSSLCFG: "alpn",1,1',
            '+QSSLCFG: "ciphersuite",1,none',
            '+QSSLCFG: "ciphersuite",1',
        ):
            self.setUp()
            tag = "ciphersuite" if "ciphersuite" in printed else "sni"
            self.bench.printed = {tag: printed}
            self.failureResultOf(self.configure(settings_of()), ModemParameterError)

    def test_query_refused(self) -> None:
        """A tag that can be written and not read is an error."""
        settings = settings_of()[:1]
        self.bench.answers["+QSSLCFG"] = lambda line: "OK" if line.count(",") == 2 else "ERROR"
        self.failureResultOf(self.configure(settings), ModemParameterError)

    def test_read_tag(self) -> None:
        """Single answers (golden: the document's forms)."""
        for text, tag, values in (
            ('+QSSLCFG: "sslversion",1,3', "sslversion", ("3",)),
            ('+QSSLCFG: "psk",1,"id","00ff"', "psk", ("id", "00ff")),
            ('+QSSLCFG: "renegotiation1,0', "renegotiation", ("0",)),
            ('+QSSLCFG: "renegotiation",1,0', "renegotiation", ("0",)),
            ('+QSSLCFG: "cacertex",1,"UFS:a.pem"', "cacertex", ("UFS:a.pem",)),
            ('+QSSLCFG: "cacert",2,"UFS:a.pem"', "cacert", None),
            ('+QSSLCFG: "ignoremulticertchainverify",1,0', "sni", None),
            ("+QSSLCFG:", "sni", None),
        ):
            self.assertEqual(read_tag(parse_info(text.encode()), 1, tag), values, text)

    def test_test_form(self) -> None:
        """The test form names the nineteen tags; a firmware may not have it."""
        self.bench.answers["+QSSLCFG=?"] = "\n\n".join([*golden.TEST_FORM, "OK"])
        tags = self.successResultOf(self.bench.run(read_tags(self.bench.port)))
        self.assertEqual(tags, golden.TAGS)
        self.bench.answers["+QSSLCFG=?"] = '+QSSLCFG: "secllevel",(0-5),(0-2)\n\nOK'
        tags = self.successResultOf(self.bench.run(read_tags(self.bench.port)))
        self.assertEqual(tags, ("seclevel",))
        self.bench.answers["+QSSLCFG=?"] = "ERROR"
        self.assertEqual(self.successResultOf(self.bench.run(read_tags(self.bench.port))), ())


class ProvisionedTests(ContextCase):
    """A context that somebody else has set."""

    def check(self) -> Deferred[None]:
        """Check context 2."""
        return self.bench.run(self.dialogue.check_provisioned(self.bench.port, 2))

    def test_verifying(self) -> None:
        """One that verifies the server is used."""
        for level in ("1", "2"):
            self.bench.set(2, seclevel=level, cacert="UFS:ca.pem")
            self.successResultOf(self.check())

    def test_unit_of_the_close(self) -> None:
        """In which unit it counts its close time is asked; a firmware may not know."""
        for time, missing, name in (
            ("1", "", 10000),
            ("0", "", None),
            ("1", "closetimemode", None),
        ):
            self.setUp()
            self.bench.missing = {missing}
            self.bench.set(2, seclevel="1", closetimemode=time)
            found = self.bench.run(self.bench.family.check_provisioned(self.bench.port, 2))
            self.assertEqual(self.successResultOf(found), name)

    def test_pre_shared_key(self) -> None:
        """A key counts as authentication; a name without a key does not."""
        self.bench.set(2, psk="me,00ff")
        self.successResultOf(self.check())
        self.bench.set(2, psk="me,")
        self.failureResultOf(self.check(), UnverifiedContext)
        self.bench.missing = {"psk"}
        self.failureResultOf(self.check(), UnverifiedContext)

    def test_not_verifying(self) -> None:
        """One that does not, or does not say, is refused with the way out."""
        for printed in ('+QSSLCFG: "seclevel",2,0', '+QSSLCFG: "sni",2,1', "+QSSLCFG: "):
            self.bench.printed = {"seclevel": printed}
            problem = self.failureResultOf(self.check(), UnverifiedContext).value
            self.assertTrue(str(problem).startswith("ctx: "), str(problem))
            self.assertIn("verify=none", str(problem))
        self.bench.missing = {"seclevel"}
        problem = self.failureResultOf(self.check(), UnverifiedContext).value
        self.assertIn("its seclevel is unknown", str(problem))
