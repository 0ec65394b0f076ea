"""Each quirk of the emulated SIM5320 by its effect; FTPS's are in L{test_ftps}."""

from __future__ import annotations

from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_quectel.emulator.sim52xx
from tests.tlsservers import self_signed
from twisted_quectel.emulator import create_module
from twisted_quectel.emulator.sim52xx.quirks import QUIRKS, SIM52XX_QUIRKS

from .bench import HOST, PORT, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"


class QuirkTests(SynchronousTestCase):
    """Off by default, by name."""

    def bench(self, *quirks: str, profile: str = "strict") -> Bench:
        made = Bench(quirks=quirks, profile=profile)
        self.addCleanup(made.close)
        return made

    def test_all_used(self) -> None:
        """No quirk is only a name."""
        folder = Path(twisted_quectel.emulator.sim52xx.__file__).parent
        files = [*folder.glob("*.py"), *folder.parent.glob("*.py")]
        code = "".join(path.read_text() for path in files if path.name != "quirks.py")
        for name in QUIRKS:
            self.assertIn(f'"{name}"', code)

    def test_unknown(self) -> None:
        """A quirk that is another family's is refused by name."""
        problem = self.assertRaises(ValueError, Bench, quirks=["alias_qsssend"])
        self.assertRegex(str(problem), "^quirks: 'alias_qsssend' is not one of ")
        problem = self.assertRaises(ValueError, Bench, profile="sloppy")
        self.assertRegex(str(problem), "^profile: ")
        self.assertIn("as_printed", SIM52XX_QUIRKS.profiles)

    def spellings(self, bench: Bench) -> list[bool]:
        """Tell which spellings of the send are taken."""
        bench.https()
        taken = []
        for name in ("CHTTPSSEND", "CHTTPSEND", "CHTTPSENDD"):
            answer = bench.say(f"AT+{name}?")
            taken.append(answer == f"\r\n+{name}: 0\r\n\r\nOK\r\n".encode())
            if not taken[-1]:
                self.assertEqual(answer, ERROR)
        return taken

    def test_send_spelling(self) -> None:
        """What exists of the three spellings."""
        self.assertEqual(self.spellings(self.bench()), [True, True, False])
        for value, expected in (
            ("real", [True, False, False]),
            ("document", [False, True, False]),
            ("typo", [True, True, True]),
        ):
            self.assertEqual(self.spellings(self.bench(f"https_send_spelling={value}")), expected)

    def receive(self, *quirks: str) -> bytes:
        """Have something received over HTTPS."""
        bench = self.bench(*quirks)
        bench.https().write(b"data")
        bench.settle()
        bench.screen.take()
        return bench.say("AT+CHTTPSRECV=1")

    def test_https_lines(self) -> None:
        """The head of data, misspelt or with a comma; the end stays as it is."""
        self.assertEqual(
            self.receive("htttpsrecv"),
            OK + b"\r\n+HTTTPSRECV: DATA,4\r\ndata\r\n+CHTTPSRECV: 0\r\n",
        )
        self.assertEqual(
            self.receive("data_trailing_comma"),
            OK + b"\r\n+CHTTPSRECV: DATA,4,\r\ndata\r\n+CHTTPSRECV: 0\r\n",
        )

    def test_ssl_lines(self) -> None:
        """A comma behind the length; an event ahead of the data; the peer's end."""
        bench = self.bench("data_trailing_comma", "cssl_recv_event", "cssl_closed_urc")
        peer = bench.open(1)
        peer.write(b"data")
        peer.close()
        bench.settle()
        self.assertEqual(
            bench.screen.take(),
            b"\r\n+CSSL: RECV EVENT,1\r\n\r\n+CSSLRECV: DATA, 1, 4,\r\ndata\r\n+CSSLCLOSE: 1\r\n",
        )

    def test_https_peer_closed(self) -> None:
        """Newer firmware tells of the server's end."""
        bench = self.bench("https_peer_closed")
        bench.https().close()
        bench.settle()
        self.assertEqual(bench.screen.take(), b"\r\n+CHTTPSNOTIFY: PEER CLOSED\r\n")

    def test_spaces(self) -> None:
        """Blanks behind commas and C{=} always; ahead of the C{=} with the quirk."""
        spaced = f'AT+CSSLOPEN= 1, "{HOST}", {PORT}'
        for quirks in ((), ("lenient_spaces",)):
            bench = self.bench(*quirks)
            bench.ok("AT+CSSLSTART", spaced)
            self.assertEqual(bench.say("AT+CSSLCLOSE = 1"), OK if quirks else ERROR)

    def test_spaces_in_strings(self) -> None:
        """What stands in quotes is left alone."""
        module = create_module(
            self.bench().clock,
            network=self.bench().network,
            model="SIM5320",
            quirks=["lenient_spaces"],
        )
        self.addCleanup(module.close)
        self.assertEqual(module.tidy(b'+X =";+Y =1";+Z =2'), b'+X=";+Y =1";+Z=2')

    def test_no_space_after_colon(self) -> None:
        """A quirk of the line, which every family has."""
        bench = self.bench("no_space_after_colon")
        self.assertEqual(bench.say("AT+CSSLSET?"), b"\r\n+CSSLSET:0\r\n" + OK)

    def test_profile(self) -> None:
        """C{as_printed} has what chapter 6 prints."""
        self.assertEqual(self.spellings(self.bench(profile="as_printed")), [True, True, True])
        bench = Bench(profile="as_printed", options=self_signed(HOST))
        self.addCleanup(bench.close)
        bench.ok("AT+CSSLSTART")
        self.assertIn(b"+CSSLALERT: 0,2,", bench.say(f'AT+CSSLOPEN = 1,"{HOST}",{PORT}'))
