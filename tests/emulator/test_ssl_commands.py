"""The commands of the LTE SSL note's chapter 2.2, against a real TLS peer in memory."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.emulator.verdicts import VerdictKind

from .bench import HOST, PORT, Bench, authority, calls


class ConfigurationTests(SynchronousTestCase):
    """C{AT+QSSLCFG}."""

    def test_everyTag(self) -> None:
        """Each of the nineteen tags can be set and is answered by a query."""
        bench = Bench()
        values = {
            "sslversion": "3",
            "ciphersuite": "0XC02F",
            "cacert": '"UFS:ca.pem"',
            "cacertex": '"RAM:ca2.pem"',
            "clientcert": '"c.pem"',
            "clientkey": '"k.pem"',
            "seclevel": "2",
            "ignorelocaltime": "0",
            "negotiatetime": "10",
            "sni": "1",
            "closetimemode": "1",
            "ignoremulticertchainverify": "1",
            "ignoreinvalidcertsign": "1",
            "psk": '"me","00ff"',
            "dtls": "1",
            "dtlsversion": "1",
            "session_cache": "0",
            "alpn": '"h2"',
            "renegotiation": "1",
        }
        self.assertEqual(len(values), 19)
        for tag, value in values.items():
            bench.ok(f'AT+QSSLCFG="{tag}",5,{value}')
            self.assertEqual(
                bench.type(f'AT+QSSLCFG="{tag}",5\r'.encode()),
                f'\r\n+QSSLCFG: "{tag}",5,{value}\r\n\r\nOK\r\n'.encode(),
            )

    def test_outOfRange(self) -> None:
        """What chapter 2.2.1 does not allow is ERROR, and AT+QIGETERROR says 552."""
        bench = Bench()
        for wrong in (
            '"sslversion",1,5',
            '"sslversion",6,3',
            '"sslversion",1,-1',
            '"sslversion",1,"3"',
            '"sslversion",1,3,4',
            "sslversion,1,3",
            '"ciphersuite",1,"0XC02F"',
            '"ciphersuite",1,0X1301',
            '"ciphersuite",1,49199',
            '"cacert",1,ca.pem',
            '"negotiatetime",1,9',
            '"negotiatetime",1,301',
            '"sni",1,2',
            '"sni",1,',
            '"psk",1,"only"',
            '"secllevel",1,1',
            '"clientcertex",1,"x"',
            '"checkhost",1,1',
            '"bogus",1,1',
            '"cacert"',
        ):
            self.assertEqual(bench.type(f"AT+QSSLCFG={wrong}\r".encode()), b"\r\nERROR\r\n", wrong)
            self.assertIn(b"+QIGETERROR: 552,", bench.type(b"AT+QIGETERROR\r"))

    def test_allOfCacertex(self) -> None:
        """Without a context the tag cacertex is told for all six."""
        bench = Bench()
        bench.ok('AT+QSSLCFG="cacertex",2,"x.pem"')
        answer = bench.type(b'AT+QSSLCFG="cacertex"\r')
        self.assertEqual(answer.count(b"+QSSLCFG: "), 6)
        self.assertIn(b'+QSSLCFG: "cacertex",2,"x.pem"\r\n', answer)

    def test_quirks(self) -> None:
        """The misprints of the note are answered where a quirk asks for them."""
        bench = Bench(
            quirks=[
                "alias_secllevel",
                "wrong_invalidcertsign_tag",
                "psk_no_space",
                "renegotiation_broken",
                "lowercase_cipher",
            ]
        )
        bench.ok('AT+QSSLCFG="secllevel",1,1')
        for tag, line in (
            ("seclevel", b'+QSSLCFG: "secllevel",1,1'),
            ("ignoreinvalidcertsign", b'+QSSLCFG: "ignoremulticertchainverify",1,0'),
            ("psk", b'+QSSLCFG:"psk",1,"",""'),
            ("renegotiation", b'+QSSLCFG: "renegotiation1,0'),
            ("ciphersuite", b'+QSSLCFG: "ciphersuite",1,0xffff'),
        ):
            self.assertEqual(
                bench.type(f'AT+QSSLCFG="{tag}",1\r'.encode()), b"\r\n%b\r\n\r\nOK\r\n" % line
            )


class BufferTests(SynchronousTestCase):
    """Buffer mode, from open to close."""

    def test_session(self) -> None:
        """Open with verification, state, send, receive and close, as chapter 3.3 has it."""
        bench = Bench()
        ca = authority().ca
        self.assertEqual(bench.type(b'AT+QFUPL="RAM:ca.pem",%d\r' % len(ca)), b"\r\nCONNECT\r\n")
        self.assertIn(b"+QFUPL: %d," % len(ca), bench.type(ca))
        bench.ok(
            'AT+QSSLCFG="sslversion",1,3',
            'AT+QSSLCFG="cacert",1,"RAM:ca.pem"',
            'AT+QSSLCFG="seclevel",1,1',
            'AT+QSSLCFG="sni",1,1',
            'AT+QSSLCFG="ignorelocaltime",1,0',
        )
        peer = bench.open()
        state = bench.type(b"AT+QSSLSTATE\r")
        self.assertIn(b'+QSSLSTATE: 4,"SSLClient","198.18.0.1",8883,', state)
        self.assertIn(b',2,1,4,0,"usbmodem",1\r\n', state)
        self.assertEqual(bench.type(b"AT+QSSLSEND=4,18\r"), b"\r\n> ")
        self.assertEqual(bench.type(b"Test data from SSL"), b"\r\nSEND OK\r\n")
        self.assertEqual(peer.received, b"Test data from SSL")
        peer.write(b"answer \x1a\x00 OK\r\n")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",4\r\n')
        self.assertEqual(
            bench.type(b"AT+QSSLRECV=4,1500\r"),
            b"\r\n+QSSLRECV: 14\r\nanswer \x1a\x00 OK\r\n" + b"\r\n\r\nOK\r\n",
        )
        self.assertEqual(bench.type(b"AT+QSSLRECV=4,1500\r"), b"\r\n+QSSLRECV: 0\r\n\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+QSSLCLOSE=4\r"), b"\r\nOK\r\n")
        self.assertEqual(bench.type(b"AT+QSSLSTATE\r"), b"\r\nOK\r\n")
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.module.verdicts, [])
        self.assertEqual(calls(bench.clock), [])

    def test_recvOnce(self) -> None:
        """The recv URC is not repeated until the buffer was read empty."""
        bench = Bench()
        peer = bench.open()
        peer.write(b"one")
        bench.settle()
        peer.write(b"two")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",4\r\n')
        self.assertIn(b"+QSSLRECV: 4\r\nonet\r\n", bench.type(b"AT+QSSLRECV=4,4\r"))
        peer.write(b"three")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        self.assertIn(b"+QSSLRECV: 7\r\nwothree\r\n", bench.type(b"AT+QSSLRECV=4,1500\r"))
        peer.write(b"four")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",4\r\n')

    def test_boundedBuffer(self) -> None:
        """A server that sends much is held up; all of it comes, in order."""
        bench = Bench()
        peer = bench.open()
        sent = bytes(range(256)) * 1200
        peer.write(sent)
        bench.settle()
        received = b""
        for _ in range(1000):
            answer = bench.type(b"AT+QSSLRECV=4,1500\r")
            if answer.startswith(b'\r\n+QSSLURC: "recv",4\r\n'):
                answer = answer[24:]
            header, _, rest = answer[2:].partition(b"\r\n")
            count = int(header.rpartition(b" ")[2])
            if not count:
                break
            received += rest[:count]
        self.assertEqual(received, sent)

    def test_limits(self) -> None:
        """Reads beyond 1500 and sends beyond 1460 are ERROR, and a verdict each."""
        bench = Bench()
        bench.open()
        self.assertEqual(bench.type(b"AT+QSSLRECV=4,1501\r"), b"\r\nERROR\r\n")
        self.assertEqual(bench.type(b"AT+QSSLSEND=4,1461\r"), b"\r\nERROR\r\n")
        self.assertEqual(bench.type(b"AT+QSSLSEND=4,0\r"), b"\r\nERROR\r\n")
        self.assertEqual(
            bench.kinds(),
            [
                VerdictKind.READ_BEYOND_LIMIT,
                VerdictKind.SEND_BEYOND_LIMIT,
                VerdictKind.SEND_BEYOND_LIMIT,
            ],
        )

    def test_variableLength(self) -> None:
        """Without a length a send ends with Ctrl-Z; ESC cancels it."""
        bench = Bench()
        peer = bench.open()
        self.assertEqual(bench.type(b"AT+QSSLSEND=4\r\n"), b"\r\n> ")
        self.assertEqual(bench.type(b"Test\x1a"), b"\r\nSEND OK\r\n")
        bench.type(b"AT+QSSLSEND=4\r\n")
        self.assertEqual(bench.type(b"never\x1b"), b"\r\nOK\r\n")
        self.assertEqual(peer.received, b"Test")

    def test_strayCtrlZ(self) -> None:
        """A Ctrl-Z behind a counted send spoils the next command, and is a verdict."""
        bench = Bench()
        bench.open()
        bench.type(b"AT+QSSLSEND=4,3\r")
        self.assertEqual(bench.type(b"abc\x1a"), b"\r\nSEND OK\r\n")
        self.assertEqual(bench.type(b"AT\r"), b"\r\nERROR\r\n")
        self.assertEqual(bench.kinds(), [VerdictKind.STRAY_CTRL_Z])

    def test_closedByPeer(self) -> None:
        """After closed the rest can be read; the id stays in use until AT+QSSLCLOSE."""
        bench = Bench()
        peer = bench.open()
        peer.write(b"tail")
        peer.close()
        bench.settle()
        self.assertEqual(
            bench.screen.take(), b'\r\n+QSSLURC: "recv",4\r\n\r\n+QSSLURC: "closed",4\r\n'
        )
        self.assertIn(b',4,1,4,0,"usbmodem",1', bench.type(b"AT+QSSLSTATE=4\r"))
        self.assertIn(b"+QSSLRECV: 4\r\ntail\r\n", bench.type(b"AT+QSSLRECV=4,1500\r"))
        self.assertEqual(
            bench.type(b'AT+QSSLOPEN=1,1,4,"server.example",8883,0\r'), b"\r\nERROR\r\n"
        )
        self.assertIn(b"+QIGETERROR: 563,", bench.type(b"AT+QIGETERROR\r"))
        self.assertEqual(bench.type(b"AT+QSSLSEND=4,3\r"), b"\r\nERROR\r\n")
        bench.ok("AT+QSSLCLOSE=4")
        bench.open()

    def test_closeUnopened(self) -> None:
        """Closing an id that is not open is ERROR, and OK with the quirk."""
        self.assertEqual(Bench().type(b"AT+QSSLCLOSE=3\r"), b"\r\nERROR\r\n")
        bench = Bench(quirks=["close_unopened_ok"])
        self.assertEqual(bench.type(b"AT+QSSLCLOSE=3\r"), b"\r\nOK\r\n")

    def test_openErrors(self) -> None:
        """Names that do not resolve are 565, closed ports and bad certificates 566."""
        bench = Bench()
        self.assertEqual(
            bench.type(b'AT+QSSLOPEN=1,1,0,"server.example",8883,0\r'), b"\r\nERROR\r\n"
        )
        self.assertIn(b"561", bench.type(b"AT+QIGETERROR\r"))
        bench.ok("AT+QIACT=1")
        for host, port, code in (
            ("nobody.example", 1, 565),
            (HOST, 1, 566),
        ):
            self.assertEqual(
                bench.type(f'AT+QSSLOPEN=1,1,0,"{host}",{port}\r'.encode()),
                b"\r\nOK\r\n\r\n+QSSLOPEN: 0,%d\r\n" % code,
            )
        bench.ok('AT+QSSLCFG="seclevel",1,1', 'AT+QSSLCFG="cacert",1,"none.pem"')
        self.assertEqual(
            bench.type(f'AT+QSSLOPEN=1,1,0,"{HOST}",{PORT}\r'.encode()),
            b"\r\nOK\r\n\r\n+QSSLOPEN: 0,566\r\n",
        )

    def test_twoContexts(self) -> None:
        """What is set on one SSL context says nothing about another."""
        bench = Bench()
        bench.ok('AT+QSSLCFG="seclevel",0,1', 'AT+QSSLCFG="cacert",0,"none.pem"')
        bench.open(context=1)

    def test_abort(self) -> None:
        """AT+QSSLCLOSE=<id>,0 resets the connection, any other close ends it in order."""
        bench = Bench()
        peer = bench.open()
        bench.ok("AT+QSSLCLOSE=4,0")
        assert peer.lost is not None
        self.assertFalse("cleanly" in peer.lost.getErrorMessage(), peer.lost)
        peer = bench.open()
        bench.ok("AT+QSSLCLOSE=4,10")
        assert peer.lost is not None
        self.assertIn("cleanly", peer.lost.getErrorMessage())

    def test_pdpLost(self) -> None:
        """When the network takes the PDP context, each socket is closed and told."""
        bench = Bench()
        bench.open(0)
        bench.open(1)
        bench.module.lose_pdp()
        bench.settle()
        self.assertEqual(
            bench.screen.take(),
            b'\r\n+QSSLURC: "closed",0\r\n\r\n+QSSLURC: "closed",1\r\n\r\n+QIURC: "pdpdeact",1\r\n',
        )
        self.assertEqual(bench.type(b"AT+QIACT?\r"), b"\r\nOK\r\n")

    def test_restart(self) -> None:
        """After a restart sockets, settings and RAM files are gone and echo is on."""
        bench = Bench()
        peer = bench.open()
        bench.ok('AT+QSSLCFG="sni",1,1')
        bench.module.restart()
        self.assertEqual(bench.type(b"AT\r"), b"")
        bench.settle(10)
        self.assertIn(b"\r\nRDY\r\n", bench.screen.take())
        self.assertIsNotNone(peer.lost)
        self.assertEqual(bench.type(b"AT\r"), b"AT\r\r\nOK\r\n")
        self.assertIn(b'"sni",1,0', bench.type(b'AT+QSSLCFG="sni",1\r'))
        self.assertNotIn(b"SSLClient", bench.type(b"AT+QSSLSTATE\r"))


class PushTests(SynchronousTestCase):
    """Direct push mode and the switch of access modes."""

    def test_push(self) -> None:
        """Data comes within the URC, in pieces of 1460 bytes at most."""
        bench = Bench()
        peer = bench.open(mode=1)
        peer.write(b"Test data from SSL")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",4,18\r\nTest data from SSL')
        peer.write(b"x" * 3000)
        peer.close()
        bench.settle()
        shown = bench.screen.take()
        self.assertEqual(shown.count(b"x"), 3000)
        self.assertTrue(shown.startswith(b'\r\n+QSSLURC: "recv",4,1460\r\nx'))
        self.assertTrue(shown.endswith(b'x\r\n+QSSLURC: "closed",4\r\n'))

    def test_heldDuringPrompt(self) -> None:
        """Nothing is pushed between a prompt and the end of its body."""
        bench = Bench()
        peer = bench.open(mode=1)
        bench.type(b"AT+QSSLSEND=4,4\r")
        peer.write(b"late")
        bench.settle()
        self.assertEqual(bench.screen.take(), b"")
        self.assertEqual(bench.type(b"body"), b'\r\nSEND OK\r\n\r\n+QSSLURC: "recv",4,4\r\nlate')

    def test_toBuffer(self) -> None:
        """After the OK to AT+QISWTMD nothing is pushed any more."""
        bench = Bench()
        peer = bench.open(mode=1)
        bench.ok("AT+QISWTMD=4,0")
        peer.write(b"abc")
        bench.settle()
        self.assertEqual(bench.screen.take(), b'\r\n+QSSLURC: "recv",4\r\n')

    def _toPush(self, *quirks: str) -> tuple[bytes, bytes, bytes]:
        bench = Bench(quirks=quirks)
        peer = bench.open()
        peer.write(b"old")
        bench.settle()
        bench.screen.take()
        switched = bench.type(b"AT+QISWTMD=4,1\r")
        peer.write(b"new")
        bench.settle()
        return switched, bench.screen.take(), bench.type(b"AT+QSSLRECV=4,1500\r")

    def test_switchKeeps(self) -> None:
        """By default what is buffered stays for AT+QSSLRECV."""
        switched, shown, read = self._toPush()
        self.assertEqual(switched, b"\r\nOK\r\n")
        self.assertEqual(shown, b'\r\n+QSSLURC: "recv",4,3\r\nnew')
        self.assertIn(b"+QSSLRECV: 3\r\nold", read)

    def test_switchFlushes(self) -> None:
        """With the quirk it is pushed behind the OK."""
        switched, shown, _ = self._toPush("switch_flushes")
        self.assertEqual(switched, b'\r\nOK\r\n\r\n+QSSLURC: "recv",4,3\r\nold')
        self.assertEqual(shown, b'\r\n+QSSLURC: "recv",4,3\r\nnew')

    def test_switchLazy(self) -> None:
        """With the other quirk it is pushed with the next arrival."""
        switched, shown, _ = self._toPush("switch_lazy")
        self.assertEqual(switched, b"\r\nOK\r\n")
        self.assertEqual(shown, b'\r\n+QSSLURC: "recv",4,6\r\noldnew')
