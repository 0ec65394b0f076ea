"""Options, names, reachability and time."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from unittest.mock import patch

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.faults import ClockUnknown
from twisted_quectel.emulator.memorytransport import MemoryTransport
from twisted_quectel.emulator.settings import ModuleSettings

from .bench import calls
from .plainbench import HOST, PORT, PlainBench

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


class OptionTests(SynchronousTestCase):
    """C{AT+QICFG} and C{AT+QISDE}."""

    def test_values(self) -> None:
        """Each tag has a value after a start, takes others, and gives them back."""
        bench = PlainBench()
        for tag, first, then in (
            ("transpktsize", "1024", "1460"),
            ("transwaittm", "2", "20"),
            ("dataformat", "0,0", "1,0"),
            ("viewmode", "0", "1"),
            ("recvind", "0", "1"),
            ("close/mode", "0", "1"),
            ("sendinfo", "0", "1"),
            ("tcp/keepalive", "0,120,75,9", "1,2,30,3"),
            ("qisend/timeout", "5", "3600"),
        ):
            query = f'AT+QICFG="{tag}"\r'.encode()
            shown = f'\r\n+QICFG: "{tag}",{{}}\r\n\r\nOK\r\n'
            self.assertEqual(bench.type(query), shown.format(first).encode())
            bench.ok(f'AT+QICFG="{tag}",{then}')
            self.assertEqual(bench.type(query), shown.format(then).encode())

    def test_switch_alone(self) -> None:
        """tcp/keepalive can be switched without its times, which stay."""
        bench = PlainBench()
        bench.ok('AT+QICFG="tcp/keepalive",1,2,30,3', 'AT+QICFG="TCP/KeepAlive",0')
        self.assertIn(b",0,2,30,3\r\n", bench.type(b'AT+QICFG="tcp/keepalive"\r'))

    def test_out_of_range(self) -> None:
        """What no document allows is ERROR, and 552."""
        bench = PlainBench()
        for wrong in (
            '"transpktsize",0',
            '"transpktsize",1461',
            '"transwaittm",21',
            '"dataformat",1',
            '"dataformat",0,2',
            '"viewmode","1"',
            '"viewmode",1,1',
            '"tcp/keepalive",1,0,30,3',
            '"tcp/keepalive",1,2,30,3,4',
            '"bogus",1',
            "viewmode,1",
        ):
            self.assertEqual(bench.error(f"AT+QICFG={wrong}"), 552, wrong)
        self.assertEqual(bench.error("AT+QICFG?"), 552)

    def test_hex_both_ways(self) -> None:
        """With dataformat 1,1 pairs of digits stand for bytes; the length counts bytes received."""
        bench = PlainBench()
        bench.ok('AT+QICFG="dataformat",1,1')
        peer = bench.open_tcp()
        self.assertEqual(bench.send(0, b"31ff"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"1\xff")
        bench.type(b"AT+QISEND=0,3\r")
        self.assertEqual(bench.type(b"31f"), b"\r\nERROR\r\n")
        self.assertIn(b": 552,", bench.type(b"AT+QIGETERROR\r"))
        peer.write(b"1\xfe")
        bench.type(b"")
        self.assertEqual(bench.type(b"AT+QIRD=0\r"), b"\r\n+QIRD: 2\r\n31FE\r\n\r\nOK\r\n")

    def test_view_mode(self) -> None:
        """With viewmode 1 data stands behind a comma."""
        bench = PlainBench()
        bench.ok('AT+QICFG="viewmode",1')
        peer = bench.open_tcp()
        peer.write(b"data")
        bench.type(b"")
        self.assertEqual(bench.type(b"AT+QIRD=0\r"), b"\r\n+QIRD: 4,data\r\n\r\nOK\r\n")
        bench.ok("AT+QISWTMD=0,1")
        peer.write(b"more")
        self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",0,4,more')

    def test_recvind(self) -> None:
        """With recvind 1, or the quirk, the URC of buffer mode has a length and no data."""
        for quirks in ([], ["recv_length"]):
            bench = PlainBench(quirks=quirks)
            if not quirks:
                bench.ok('AT+QICFG="recvind",1')
            bench.open_tcp().write(b"data")
            self.assertEqual(bench.type(b""), b'\r\n+QIURC: "recv",0,4\r\n')
            self.assertIn(b"+QIRD: 4\r\ndata", bench.type(b"AT+QIRD=0\r"))

    def test_single_line_end(self) -> None:
        """With the quirk one line end stands between data and OK."""
        bench = PlainBench(quirks=["recv_single_crlf", "state_three"])
        bench.open_tcp().write(b"data")
        bench.type(b"")
        self.assertEqual(bench.type(b"AT+QIRD=0\r"), b"\r\n+QIRD: 4\r\ndata\r\nOK\r\n")
        self.assertIn(b',3,1,0,0,"usbmodem"', bench.type(b"AT+QISTATE\r"))

    def test_send_info(self) -> None:
        """With sendinfo 1 the result of a send is a line with the room that is left."""
        bench = PlainBench()
        bench.ok('AT+QICFG="sendinfo",1')
        bench.open_tcp()
        self.assertEqual(bench.send(0, b"abcd"), b"\r\n+QISEND: 0,0,16380\r\n\r\nOK\r\n")
        self.assertEqual(
            bench.type(b'AT+QISENDEX=0,"3132"\r'), b"\r\n+QISENDEX: 0,0,16382\r\n\r\nOK\r\n"
        )
        self.assertEqual(bench.error("AT+QISEND=3,1"), 552)

    def test_keep_alive(self) -> None:
        """With tcp/keepalive 1 a connection that opens has it switched on."""
        bench = PlainBench()
        with patch.object(MemoryTransport, "setTcpKeepAlive") as switch:
            bench.open_tcp(0)
            self.assertEqual(switch.mock_calls, [])
            bench.ok('AT+QICFG="tcp/keepalive",1')
            bench.open_tcp(1)
            self.assertEqual([call.args for call in switch.mock_calls], [(True,)])

    def test_echo(self) -> None:
        """AT+QISDE says whether the body of a send is echoed, where commands are."""
        bench = PlainBench()
        bench.open_tcp()
        bench.type(b"ATE1\r")
        bench.type(b"AT+QISEND=0,3\r")
        self.assertEqual(bench.type(b"abc"), b"abc\r\nSEND OK\r\n")
        bench.ok("AT+QISDE=0")
        self.assertEqual(bench.type(b"AT+QISDE?\r"), b"AT+QISDE?\r\r\n+QISDE: 0\r\n\r\nOK\r\n")
        bench.type(b"AT+QISEND=0,3\r")
        self.assertEqual(bench.type(b"abc"), b"\r\nSEND OK\r\n")
        for wrong in (b"=2", b"=0,1", b""):
            self.assertTrue(bench.type(b"AT+QISDE%b\r" % wrong).endswith(b"\r\nERROR\r\n"))


class NameTests(SynchronousTestCase):
    """C{AT+QIDNSGIP}."""

    def test_name(self) -> None:
        """OK, then count and time to live, then each address."""
        bench = PlainBench()
        bench.network.add_host("host.example")
        self.assertEqual(
            bench.type(b'AT+QIDNSGIP=1,"host.example"\r'),
            b'\r\nOK\r\n\r\n+QIURC: "dnsgip",0,1,600\r\n\r\n+QIURC: "dnsgip","198.18.0.1"\r\n',
        )
        self.assertIn(b'"dnsgip","192.0.2.1"', bench.type(b'AT+QIDNSGIP=1,"192.0.2.1"\r'))

    def test_errors(self) -> None:
        """No such name, no answer, no PDP context, no such parameter."""
        bench = PlainBench()
        self.assertEqual(
            bench.type(b'AT+QIDNSGIP=1,"nobody.example"\r'),
            b'\r\nOK\r\n\r\n+QIURC: "dnsgip",565,0,0\r\n',
        )
        bench.network.silence("slow.example")
        bench.ok('AT+QIDNSGIP=1,"slow.example"')
        self.assertEqual(bench.type(b"", 61), b'\r\n+QIURC: "dnsgip",569,0,0\r\n')
        for wrong in ("=1", '=1,""', '=0,"a"', '=1,"a",1', "?"):
            self.assertEqual(bench.error(f"AT+QIDNSGIP{wrong}"), 552)
        bench.ok("AT+QIDEACT=1")
        self.assertEqual(bench.error('AT+QIDNSGIP=1,"host.example"'), 561)

    def test_restart(self) -> None:
        """A restart forgets what was asked."""
        bench = PlainBench()
        bench.network.silence("slow.example")
        bench.ok('AT+QIDNSGIP=1,"slow.example"')
        bench.module.kill()
        bench.settle()
        self.assertEqual(calls(bench.clock), [])


class PingTests(SynchronousTestCase):
    """C{AT+QPING}."""

    def test_reachable(self) -> None:
        """Each probe has its time by the clock, and the summary says the extremes."""
        bench = PlainBench()
        bench.network.add_host("host.example")
        self.assertEqual(
            bench.type(b'AT+QPING=1,"host.example"\r', 0.05),
            b'\r\nOK\r\n\r\n+QPING: 0,"198.18.0.1",32,50,255\r\n',
        )
        shown = b"".join(bench.type(b"", 0.05) for _ in range(3))
        self.assertEqual(
            shown,
            b'\r\n+QPING: 0,"198.18.0.1",32,50,255\r\n' * 3 + b"\r\n+QPING: 0,4,4,0,50,50,50\r\n",
        )

    def test_count(self) -> None:
        """As many probes as were asked for."""
        bench = PlainBench(settings=ModuleSettings(round_trip=0.0))
        self.assertEqual(
            bench.type(b'AT+QPING=1,"192.0.2.1",1,1\r', 0.1),
            b'\r\nOK\r\n\r\n+QPING: 0,"192.0.2.1",32,0,255\r\n\r\n+QPING: 0,1,1,0,0,0,0\r\n',
        )

    def test_lost(self) -> None:
        """Probes that are too late, or have no PDP context any more, are 569."""
        bench = PlainBench(settings=ModuleSettings(round_trip=3.0))
        bench.ok('AT+QPING=1,"192.0.2.1",2,2')
        shown = bench.type(b"", 2.0) + bench.type(b"", 2.0)
        self.assertEqual(shown, b"\r\n+QPING: 569\r\n" * 2 + b"\r\n+QPING: 0,2,0,2,0,0,0\r\n")
        bench = PlainBench()
        bench.ok('AT+QPING=1,"192.0.2.1",4,2')
        bench.module.lose_pdp(told=False)
        shown = bench.type(b"", 0.05) + bench.type(b"", 4.0)
        self.assertTrue(shown.endswith(b"\r\n+QPING: 569\r\n\r\n+QPING: 0,2,1,1,50,50,50\r\n"))

    def test_errors(self) -> None:
        """What cannot be found, or has no PDP context, has a code in place of probes."""
        bench = PlainBench()
        self.assertEqual(
            bench.type(b'AT+QPING=1,"nobody.example"\r'), b"\r\nOK\r\n\r\n+QPING: 565\r\n"
        )
        bench.network.silence("slow.example")
        bench.ok('AT+QPING=1,"slow.example",1')
        self.assertEqual(bench.type(b"", 1.1), b"\r\n+QPING: 569\r\n")
        for wrong in ("=1", '=1,""', '=1,"a",0', '=1,"a",256', '=1,"a",1,11', '=1,"a",1,1,1', "?"):
            self.assertEqual(bench.error(f"AT+QPING{wrong}"), 552)
        bench.ok("AT+QIDEACT=1")
        self.assertEqual(bench.type(b'AT+QPING=1,"192.0.2.1"\r'), b"\r\nOK\r\n\r\n+QPING: 561\r\n")


class TimeTests(SynchronousTestCase):
    """C{AT+QNTP}."""

    def bench(self, **kwargs: Any) -> PlainBench:
        """Make a module that thinks it is an hour later than it is."""
        settings = ModuleSettings(time=NOON, clock_offset=3600)
        return PlainBench(settings=settings, **kwargs)

    def test_set(self) -> None:
        """The network's time is told, and set unless that is not wanted."""
        bench = self.bench()
        self.assertEqual(
            bench.type(b'AT+QNTP=1,"192.0.2.1",123,0\r', 0.06),
            b'\r\nOK\r\n\r\n+QNTP: 0,"2026/11/20,12:00:00+00"\r\n',
        )
        self.assertIn(b'"26/11/20,13:00:00+00"', bench.type(b"AT+CCLK?\r"))
        bench.type(b'AT+CCLK="26/11/20,15:00:00+08"\r')
        self.assertIn(
            b'+QNTP: 0,"2026/11/20,12:00:00+08"', bench.type(b'AT+QNTP=1,"192.0.2.1"\r', 0.06)
        )
        self.assertIn(b'"26/11/20,14:00:00+08"', bench.type(b"AT+CCLK?\r"))

    def test_unknown_time(self) -> None:
        """A module that was never told the time can ask for it."""
        bench = self.bench(faults=[ClockUnknown()], quirks=["two_digit_qlts"])
        self.assertIn(b'"80/01/06', bench.type(b"AT+CCLK?\r"))
        self.assertIn(
            b'+QNTP: 0,"26/11/20,12:00:00+00"', bench.type(b'AT+QNTP=1,"192.0.2.1"\r', 0.06)
        )
        self.assertIn(b'"26/11/20,12:00:00+00"', bench.type(b"AT+CCLK?\r"))

    def test_one_at_a_time(self) -> None:
        """While one is under way it is shown, and another is 568."""
        bench = self.bench()
        self.assertEqual(bench.type(b"AT+QNTP?\r"), b"\r\nOK\r\n")
        bench.network.silence("slow.example")
        bench.ok('AT+QNTP=1,"slow.example",1123')
        self.assertEqual(bench.type(b"AT+QNTP?\r"), b'\r\n+QNTP: "slow.example",1123\r\n\r\nOK\r\n')
        self.assertEqual(bench.error('AT+QNTP=1,"slow.example"'), 568)
        self.assertEqual(bench.type(b"", 126), b"\r\n+QNTP: 569\r\n")
        self.assertEqual(bench.type(b"AT+QNTP?\r"), b"\r\nOK\r\n")

    def test_errors(self) -> None:
        """No such name, no PDP context, no such parameter."""
        bench = self.bench()
        self.assertEqual(
            bench.type(b'AT+QNTP=1,"nobody.example"\r'), b"\r\nOK\r\n\r\n+QNTP: 565\r\n"
        )
        for wrong in ("=1", '=1,""', '=1,"a",0', '=1,"a",1,2', '=1,"a",1,1,1', ""):
            self.assertEqual(bench.error(f"AT+QNTP{wrong}"), 552)
        bench.ok("AT+QIDEACT=1")
        self.assertEqual(bench.error(f'AT+QNTP=1,"{HOST}",{PORT}'), 561)
