"""The FTPS client of the emulated SIM5320 and servers that are not as they should be, in memory."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.emulator.bench import Peer, Server, calls
from twisted_quectel.emulator.sim52xx.ftpclient import MAX_REPLY, FTPFailed, Replies

from .bench import HOST, Bench, trusting

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"
#: An address of the documentation (RFC 3849) for a host with IPv6.
SIX = "2001:db8::21"


def refused(name: str, code: int) -> bytes:
    """Give an C{ERROR} with its reason."""
    return b"\r\n+%b: %d\r\n" % (name.encode("ascii"), code) + ERROR


class ReplyTests(SynchronousTestCase):
    """Replies in any pieces (RFC 959, 4.2)."""

    def feed(self, data: bytes) -> list[tuple[int, str]]:
        """Feed it byte by byte."""
        replies = Replies()
        return [
            (reply.code, reply.text)
            for each in range(len(data))
            for reply in replies.feed(data[each : each + 1])
        ]

    def test_lines(self) -> None:
        """One line, several lines with anything in them, and bare LF."""
        self.assertEqual(
            self.feed(b"220 ready\r\n123-first\r\n 456 second\r\n123-x\r\n123 last\r\n200 ok\n"),
            [(220, "ready"), (123, "last"), (200, "ok")],
        )

    def test_not_text(self) -> None:
        """What is no UTF-8 does no harm."""
        self.assertEqual(self.feed(b"220 \xff\r\n"), [(220, "\ufffd")])

    def test_broken(self) -> None:
        """What is no reply, and what never ends, is refused."""
        self.assertRaises(FTPFailed, self.feed, b"HTTP/1.1 400\r\n")
        self.assertRaises(FTPFailed, self.feed, b"220 " + b"x" * MAX_REPLY)


class ScriptedTests(SynchronousTestCase):
    """A server that says what the test says, without TLS (the fifth parameter of hardware)."""

    def setUp(self) -> None:
        self.bench = Bench(
            quirks=["cftpslogin_type"], settings=trusting(send_limit=4096), window=1024
        )
        self.control, self.data = Server(), Server()
        self.bench.network.listen(HOST, 21, self.control)
        self.bench.network.listen("10.0.0.9", 1024, self.data)
        self.addCleanup(self._end)
        self.bench.ok("AT+CFTPSSTART")

    def _end(self) -> None:
        self.bench.close()
        for peer in [*self.control.peers, *self.data.peers]:
            if peer.transport is not None and peer.lost is None:
                peer.close()
        self.bench.settle(5)
        self.assertEqual(calls(self.bench.clock), [])
        self.assertEqual(self.flushLoggedErrors(), [])

    def type(self, command: str) -> None:
        """Type a command that is not answered at once."""
        self.assertEqual(self.bench.say(command), b"")

    def reply(self, *lines: bytes) -> bytes:
        """Have the server say something; give what the module says then."""
        for line in lines:
            self.control.peers[-1].write(line + b"\r\n")
            self.bench.settle()
        return self.bench.screen.take()

    def asked(self) -> bytes:
        """Give what the server was asked since the last time."""
        peer = self.control.peers[-1]
        asked, peer.received = peer.received, b""
        return asked

    def login(self) -> None:
        """Log in, in the clear."""
        self.type(f'AT+CFTPSLOGIN="{HOST}",21,"me","secret",0')
        self.assertEqual(self.reply(b"220-hello", b"220 ready", b"331 who", b"230 in"), OK)
        self.assertEqual(self.asked(), b"USER me\r\nPASS secret\r\n")

    def transfer(self, command: str, verb: bytes) -> Peer:
        """Begin a transfer; give the server's end of its data connection."""
        self.assertEqual(self.bench.say(command), OK)
        self.assertEqual(self.asked(), b"PASV\r\n")
        self.reply(b"227 here (10,0,0,9,4,0)")
        self.assertEqual(self.asked(), verb + b"\r\n")
        self.reply(b"150 go")
        return self.data.peers[-1]

    def test_no_password(self) -> None:
        """A user who needs no password."""
        self.type(f'AT+CFTPSLOGIN="{HOST}",21,"me","secret",0')
        self.assertEqual(self.reply(b"220 ready", b"230 in"), OK)
        self.assertEqual(self.asked(), b"USER me\r\n")

    def test_not_welcome(self) -> None:
        """A greeting that sends the client away; and one that is none."""
        command = f'AT+CFTPSLOGIN="{HOST}",21,"me","secret",0'
        self.type(command)
        self.assertEqual(self.reply(b"421 too many"), refused("CFTPSLOGIN", 9))
        self.type(command)
        self.assertEqual(self.reply(b"SSH-2.0"), refused("CFTPSLOGIN", 2))
        self.type(command)
        self.control.peers[-1].close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), refused("CFTPSLOGIN", 4))
        self.login()

    def test_silence(self) -> None:
        """A server that says nothing for two minutes (3.16): 5; the login is over."""
        self.login()
        self.type("AT+CFTPSPWD")
        self.bench.settle(119)
        self.assertEqual(self.bench.screen.take(), b"")
        self.bench.settle(2)
        self.assertEqual(self.bench.screen.take(), refused("CFTPSPWD", 5))
        self.assertEqual(self.bench.say("AT+CFTPSPWD"), refused("CFTPSPWD", 4))
        self.login()

    def test_silent_greeting(self) -> None:
        """The same for the greeting."""
        self.type(f'AT+CFTPSLOGIN="{HOST}",21,"me","secret",0')
        self.bench.settle(121)
        self.assertEqual(self.bench.screen.take(), refused("CFTPSLOGIN", 5))

    def test_directory(self) -> None:
        """Quotes in a directory's name are doubled in the reply; without quotes there is none."""
        self.login()
        self.type("AT+CFTPSPWD")
        self.assertEqual(self.reply(b'257 "/a ""b""" is it'), b'\r\n+CFTPSPWD: "/a "b""\r\n' + OK)
        self.type("AT+CFTPSPWD")
        self.assertEqual(self.reply(b"257 somewhere"), refused("CFTPSPWD", 2))

    def test_get(self) -> None:
        """A transfer is over when data and the final reply are there, in whichever order."""
        self.login()
        data = self.transfer('AT+CFTPSGET="f"', b"RETR f")
        data.write(b"data")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CFTPSGET: DATA, 4,\r\ndata")
        self.assertEqual(self.reply(b"226 done"), b"")
        data.close()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CFTPSGET: 0\r\n")

    def test_get_aborted(self) -> None:
        """A final reply that says no: 6."""
        self.login()
        data = self.transfer('AT+CFTPSGET="f"', b"RETR f")
        data.close()
        self.bench.settle()
        self.assertEqual(self.reply(b"426 disk on fire"), b"\r\n+CFTPSGET: 6\r\n")

    def test_get_stalls(self) -> None:
        """Data that does not come for two minutes: 5."""
        self.login()
        data = self.transfer('AT+CFTPSGET="f"', b"RETR f")
        self.bench.settle(100)
        data.write(b"x")
        self.bench.settle(100)
        self.assertEqual(self.bench.screen.take(), b"\r\n+CFTPSGET: DATA, 1,\r\nx")
        self.bench.settle(21)
        self.assertEqual(self.bench.screen.take(), b"\r\n+CFTPSGET: 5\r\n")

    def test_no_way(self) -> None:
        """A data connection that cannot be: no port in the reply, nobody behind it."""
        self.login()
        for line, code in (
            (b"227 guess", 2),
            (b"227 (10,0,0,9,4,256)", 2),
            (b"227 (10,0,0,9,0,1)", 10),
            (b"425 no", 9),
        ):
            self.assertEqual(self.bench.say('AT+CFTPSGET="f"'), OK)
            self.assertEqual(self.reply(line), b"\r\n+CFTPSGET: %d\r\n" % code)

    def test_put_in_pieces(self) -> None:
        """A file that is longer than the cache goes out before it is committed."""
        self.login()
        self.assertEqual(self.bench.body('AT+CFTPSPUT="f",1024', b"0" * 1024), OK)
        for digit in (b"1", b"2"):
            self.assertEqual(self.bench.body("AT+CFTPSPUT=1024", digit * 1024), OK)
        self.assertEqual(self.asked(), b"")
        self.assertEqual(self.bench.body("AT+CFTPSPUT=1024", b"3" * 1024), OK)
        self.assertEqual(self.asked(), b"PASV\r\n")
        self.assertEqual(self.bench.say("AT+CFTPSPUT=1"), ERROR)
        self.assertEqual(self.bench.say("AT+CFTPSPUT?"), b"\r\n+CFTPSPUT: 4096\r\n" + OK)
        self.reply(b"227 (10,0,0,9,4,0)", b"150 go")
        self.assertEqual(self.bench.body("AT+CFTPSPUT=1", b"4"), OK)
        self.assertEqual(self.bench.say("AT+CFTPSPUT"), OK)
        self.assertEqual(self.bench.say("AT+CFTPSPUT"), ERROR)
        self.bench.settle(4)
        data = self.data.peers[-1]
        self.assertEqual(
            data.received, b"".join(each * 1024 for each in (b"0", b"1", b"2", b"3")) + b"4"
        )
        self.assertIsNotNone(data.lost)
        self.assertEqual(self.reply(b"226 done"), b"\r\n+CFTPSPUT: 0\r\n")

    def begin_put(self) -> Peer:
        """Commit a file that the server does not read."""
        self.login()
        self.bench.body('AT+CFTPSPUT="f",1024', bytes(1024))
        self.bench.body("AT+CFTPSPUT=1024", bytes(1024))
        self.bench.body("AT+CFTPSPUT=1024", bytes(1024))
        self.assertEqual(self.bench.say("AT+CFTPSPUT"), OK)
        self.reply(b"227 (10,0,0,9,4,0)")
        peer = self.data.peers[-1]
        peer.pause(True)
        self.reply(b"150 go")
        return self.data.peers[-1]

    def test_put_stalls(self) -> None:
        """A server that takes nothing for two minutes: 5."""
        self.begin_put()
        self.bench.settle(119)
        self.assertEqual(self.bench.screen.take(), b"")
        self.bench.settle(122)
        self.assertEqual(self.bench.screen.take(), b"\r\n+CFTPSPUT: 5\r\n")

    def test_put_cut(self) -> None:
        """A server that wants no more: 6."""
        data = self.begin_put()
        data.abort()
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"\r\n+CFTPSPUT: 6\r\n")

    def test_slow_host(self) -> None:
        """A host may take its time between two pieces."""
        self.login()
        for _ in range(4):
            command = "AT+CFTPSPUT=1024" if self.asked() or _ else 'AT+CFTPSPUT="f",1024'
            self.bench.body(command, bytes(1024))
        self.reply(b"227 (10,0,0,9,4,0)", b"150 go")
        self.bench.settle(1000)
        self.assertEqual(self.bench.screen.take(), b"")
        self.assertEqual(self.bench.body("AT+CFTPSPUT=4", b"last"), OK)
        self.assertEqual(self.bench.say("AT+CFTPSPUT"), OK)
        self.bench.settle(4)
        self.assertEqual(self.reply(b"226 done"), b"\r\n+CFTPSPUT: 0\r\n")

    def test_lost_behind_the_prompt(self) -> None:
        """A transfer that ends while a body is awaited does not take it."""
        self.login()
        self.bench.body('AT+CFTPSPUT="f",4', b"data")
        self.assertEqual(self.bench.say("AT+CFTPSPUT=4"), b"\r\n>")
        self.control.peers[-1].close()
        self.bench.settle()
        self.assertEqual(self.bench.type(b"more"), ERROR + b"\r\n+CFTPSPUT: 4\r\n")

    def test_busy(self) -> None:
        """While a reply is awaited another port is told 3."""
        self.login()
        other, wire = self.bench.plug("uart1")
        self.type("AT+CFTPSPWD")
        wire.write(b"ATE0\rAT+CFTPSPWD\rAT+CFTPSLIST\r")
        self.bench.settle()
        self.assertTrue(other.take().endswith(refused("CFTPSPWD", 3) + refused("CFTPSLIST", 3)))
        self.assertEqual(self.reply(b'257 "/"'), b'\r\n+CFTPSPWD: "/"\r\n' + OK)
        wire.unplug()

    def test_given_up_by_another(self) -> None:
        """A logout on another port does not wait for a reply that is awaited: 6."""
        self.login()
        other, wire = self.bench.plug("uart1")
        self.type("AT+CFTPSPWD")
        wire.write(b"ATE0\rAT+CFTPSLOGOUT\r")
        self.bench.settle()
        self.assertTrue(other.take().endswith(OK))
        self.assertEqual(self.bench.screen.take(), refused("CFTPSPWD", 6))
        wire.unplug()
        self.login()

    def test_network_lost(self) -> None:
        """Without the network whatever waits ends with 10: a connection, a greeting, a reply."""
        self.bench.network.silence(HOST, 990)
        for port in (990, 21):
            self.type(f'AT+CFTPSLOGIN="{HOST}",{port},"me","secret",0')
            self.bench.module.lose_pdp()
            self.bench.settle()
            self.assertIn(refused("CFTPSLOGIN", 10), self.bench.screen.take())
            self.bench.ok("AT+CFTPSSTART")
        self.login()
        self.type("AT+CFTPSPWD")
        self.bench.module.lose_pdp()
        self.bench.settle()
        self.assertIn(refused("CFTPSPWD", 10), self.bench.screen.take())

    def test_control_characters(self) -> None:
        """What would end a line of FTP is not taken, even where C{ATS3} lets it through."""
        self.login()
        self.bench.ok("ATS3=36")
        for command in (b'AT+CFTPSDEL="a\rDELE b"$', b'AT+CFTPSLIST="a\rb"$'):
            self.assertIn(b"ERROR", self.bench.type(command))
        self.bench.type(b"ATS3=13$")
        self.assertEqual(self.asked(), b"")

    def test_logout(self) -> None:
        """C{QUIT}, and whatever the server says to it."""
        self.login()
        self.type("AT+CFTPSLOGOUT")
        self.assertEqual(self.asked(), b"QUIT\r\n")
        shown = self.reply(b"221 bye")
        self.bench.settle(5)
        self.assertEqual(shown + self.bench.screen.take(), OK)
        self.login()
        self.type("AT+CFTPSLOGOUT")
        self.control.peers[-1].close()
        self.bench.settle(5)
        self.assertEqual(self.bench.screen.take(), OK)

    def test_restart(self) -> None:
        """A restart while replies and data are awaited leaves nothing behind."""
        self.login()
        self.type('AT+CFTPSMKD="d"')
        self.bench.module.restart()
        self.bench.settle(4)
        self.bench.type(b"ATE0\r")
        self.bench.ok("AT+CFTPSSTART")
        self.login()
        self.transfer('AT+CFTPSGETFILE=1,"f"', b"RETR f")
        self.bench.module.restart()
        self.bench.settle(4)
        self.bench.type(b"ATE0\r")
        self.bench.ok("AT+CFTPSSTART")
        self.type(f'AT+CFTPSLOGIN="{HOST}",21,"me","secret",0')

    def test_tls_for_data_fails(self) -> None:
        """TLS that the server wanted and does not have on the data connection: 1."""
        self.login()
        self.bench.module.ftps.client._protected = True
        data = self.transfer('AT+CFTPSGET="f"', b"RETR f")
        data.write(b"in the clear")
        self.bench.settle()
        self.assertEqual(self.bench.screen.take(), b"")
        self.assertEqual(self.reply(b"426 what was that"), b"\r\n+CFTPSGET: 1\r\n")
        self.type("AT+CFTPSPWD")
        self.assertEqual(self.reply(b'257 "/"'), b'\r\n+CFTPSPWD: "/"\r\n' + OK)

    def test_six(self) -> None:
        """Over IPv6 the port is asked for by C{EPSV}, and the address is the server's."""
        self.bench.network.listen(SIX, 21, self.control)
        self.bench.network.listen(SIX, 1024, self.data)
        self.type(f'AT+CFTPSLOGIN="{SIX}",21,"me","secret",0')
        self.assertEqual(self.reply(b"220 ready", b"230 in"), OK)
        self.assertEqual(self.bench.say('AT+CFTPSLIST="d"'), OK)
        self.assertEqual(self.asked(), b"USER me\r\nEPSV\r\n")
        self.reply(b"229 here (|||1024|)")
        self.assertEqual(self.asked(), b"LIST d\r\n")
        self.reply(b"150 go")
        self.data.peers[-1].close()
        self.bench.settle()
        self.assertEqual(self.reply(b"226 done"), b"\r\n+CFTPSLIST: 0\r\n")
        self.assertEqual(self.bench.say("AT+CFTPSLIST"), OK)
        self.assertEqual(self.reply(b"229 here"), b"\r\n+CFTPSLIST: 2\r\n")
