"""C{AT+QSSLCFG} of GSM modules (SSL note, chapter 2.2.1)."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from .bench import GSMBench


class SettingTests(SynchronousTestCase):
    """Setting and querying."""

    def setUp(self) -> None:
        self.bench = GSMBench()

    def shown(self, text: str) -> str:
        """Give what a query answers."""
        answer = self.bench.type(f"AT+QSSLCFG={text}").decode()
        self.assertTrue(answer.endswith("\r\n\r\nOK\r\n"), (text, answer))
        return answer.removeprefix("\r\n+QSSLCFG: ").removesuffix("\r\n\r\nOK\r\n")

    def refused(self, *texts: str) -> None:
        """Each is an error, without a reason."""
        for text in texts:
            self.assertEqual(self.bench.type(f"AT+QSSLCFG={text}"), b"\r\nERROR\r\n", text)

    def test_factory(self) -> None:
        """All contexts begin alike; what is not configured is -1."""
        for context in range(6):
            self.assertEqual(
                self.shown(f'"ctxindex",{context}'), f'{context},4,0,"0XFFFF","","",""'
            )
        for tag, value in (
            ("ignorertctime", "0"), ("https", "0"), ("httpsctxi", "-1"), ("smtpstyle", "0"),
            ("smtpsctxi", "-1"),
        ):  # fmt: skip
            self.assertEqual(self.shown(f'"{tag}"'), f'"{tag}",{value}')

    def test_context_tags(self) -> None:
        """What is set is answered, without the context's number, and in no other context."""
        for tag, value in (
            ("sslversion", "3"),
            ("ciphersuite", '"0X0035"'),
            ("seclevel", "2"),
            ("cacert", '"RAM:ca.pem"'),
            ("clientcert", '"NVRAM:CC0"'),
            ("clientkey", '"RAM:key.pem"'),
        ):
            before = self.shown(f'"{tag}",4')
            self.bench.ok(f'AT+QSSLCFG="{tag}",3,{value}')
            self.assertEqual(self.shown(f'"{tag}",3'), f'"{tag}",{value}')
            self.assertEqual(self.shown(f'"{tag}",4'), before)
        self.assertEqual(
            self.shown('"ctxindex",3'), '3,3,2,"0X0035","RAM:ca.pem","NVRAM:CC0","RAM:key.pem"'
        )

    def test_module_tags(self) -> None:
        """Those that belong to no context are set without one."""
        for tag, most in (
            ("ignorertctime", 1), ("https", 1), ("httpsctxi", 5), ("smtpstyle", 2),
            ("smtpsctxi", 5),
        ):  # fmt: skip
            self.bench.ok(f'AT+QSSLCFG="{tag}",{most}')
            self.assertEqual(self.shown(f'"{tag}"'), f'"{tag}",{most}')
            self.refused(f'"{tag}",{most + 1}', f'"{tag}",-1', f'"{tag}","1"', f'"{tag}",1,1')

    def test_ranges(self) -> None:
        """What the note does not list is refused, and nothing is set."""
        self.refused('"sslversion",0,5', '"seclevel",0,3', '"sslversion",6,1', '"sslversion"')
        self.refused(
            '"sslversion",0,"1"', '"sslversion",0,1,1', '"sslversion",0,', "sslversion,0,1"
        )
        self.refused('"sni",0,1', '"other"', '"other",0', '""', "", '"ctxindex"', '"ctxindex",6')
        self.refused('"ctxindex",0,1', '"seclevel",-1,0', '"seclevel",0,0,0')
        self.assertEqual(self.shown('"ctxindex",0'), '0,4,0,"0XFFFF","","",""')

    def test_suites(self) -> None:
        """Suites stand in quotes; there are six, a list of them, or all."""
        for number in ("0035", "0005", "0004", "000A", "002F", "003D", "FFFF"):
            self.bench.ok(f'AT+QSSLCFG="ciphersuite",0,"0x{number.lower()}"')
            self.assertEqual(self.shown('"ciphersuite",0'), f'"ciphersuite","0X{number}"')
        self.bench.ok('AT+QSSLCFG="ciphersuite",0,"0X002F","0X0035"')
        self.assertEqual(self.shown('"ciphersuite",0'), '"ciphersuite","0X002F","0X0035"')
        self.refused(
            '"ciphersuite",0,0X0035', '"ciphersuite",0,"0035"', '"ciphersuite",0,"0XC02F"',
            '"ciphersuite",0,"0X35"', '"ciphersuite",0,"0X0035","0XFFFF"', '"ciphersuite",0,53',
            '"ciphersuite",0,"0X0035","0X0035"', '"ciphersuite",0,"0X0035",0X002F',
        )  # fmt: skip

    def test_paths(self) -> None:
        """A path has a storage; a place in NVRAM is for one kind of file."""
        for tag, right, wrong in (
            ("cacert", ("CA0", "CA1"), ("CC0", "CK0")),
            ("clientcert", ("CC0",), ("CA0", "CK0")),
            ("clientkey", ("CK0",), ("CA1", "CC0")),
        ):
            for name in right:
                self.bench.ok(f'AT+QSSLCFG="{tag}",1,"NVRAM:{name}"')
            self.refused(*(f'"{tag}",1,"NVRAM:{name}"' for name in wrong))
            self.refused(f'"{tag}",1,"ca.pem"', f'"{tag}",1,RAM:a', f'"{tag}",1,""')
            self.refused(f'"{tag}",1,"RAM:{"x" * 81}"')

    def test_forms(self) -> None:
        """The tag is taken in either case; there is neither a read form nor an execution."""
        self.assertEqual(self.shown('"SSLVERSION",0'), '"sslversion",4')
        for form in ("", "?"):
            self.assertEqual(self.bench.type(f"AT+QSSLCFG{form}"), b"\r\nERROR\r\n")

    def test_restart(self) -> None:
        """Nothing of it outlives a restart."""
        self.bench.ok('AT+QSSLCFG="seclevel",0,2', 'AT+QSSLCFG="ignorertctime",1')
        self.bench.module.restart()
        self.bench.settle(5)
        self.bench.type("ATE0")
        self.bench.screen.take()
        self.assertEqual(self.shown('"seclevel",0'), '"seclevel",0')
        self.assertEqual(self.shown('"ignorertctime"'), '"ignorertctime",0')
