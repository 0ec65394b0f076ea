"""Tests for L{twisted_quectel.families.lte.datagrams}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from tests.families.test_lte_commands import answered
from twisted_quectel.at import Body, InvalidValue
from twisted_quectel.at.results import ERROR, OK, SEND_OK
from twisted_quectel.families import AccessMode, DatagramDialect, Delivery, Firmware, SocketStatus
from twisted_quectel.families.base import Pushed, Readable
from twisted_quectel.families.lte import LTEFamily

FAMILY = LTEFamily(Firmware("EC25"))
UDP = FAMILY.udp


class CommandTests(SynchronousTestCase):
    """What is sent (TCP/IP Application Note)."""

    def test_contract(self) -> None:
        """The family has datagrams, of which its limits tell; they are listed with TCP."""
        self.assertIsInstance(UDP, DatagramDialect)
        self.assertEqual((FAMILY.limits.datagram, FAMILY.limits.dtls), (1460, True))
        self.assertEqual(FAMILY.dialects, (FAMILY.tls, FAMILY.tcp))
        self.assertFalse(UDP.secure)

    def test_open(self) -> None:
        """A service has an own port, a client a peer."""
        served = UDP.serve_command(2, 1, 3030, AccessMode.BUFFER)
        self.assertEqual(served.text.wire, b'+QIOPEN=1,2,"UDP SERVICE","127.0.0.1",0,3030,0')
        pushed = UDP.serve_command(2, 16, 3030, AccessMode.PUSH)
        self.assertEqual(pushed.text.wire, b'+QIOPEN=16,2,"UDP SERVICE","127.0.0.1",0,3030,1')
        client = UDP.open_command(3, 1, None, "dns.example", 53, AccessMode.PUSH, 60.0)
        self.assertEqual(client.text.wire, b'+QIOPEN=1,3,"UDP","dns.example",53,0,1')

    def test_send(self) -> None:
        """A datagram is counted, and says where it goes."""
        command = UDP.send_to_command(2, b"1234", "10.7.157.1", 7000)
        self.assertEqual(command.text.wire, b'+QISEND=2,4,"10.7.157.1",7000')
        self.assertEqual((command.body, command.body_after), (b"1234", Body.PROMPT))
        self.assertGreater(command.linger, 0)
        self.assertIs(UDP.delivery(answered(command, SEND_OK)), Delivery.TAKEN)
        self.assertRaises(InvalidValue, UDP.send_to_command, 2, b"x", '1"\r', 7000)

    def test_close(self) -> None:
        """It is closed, and asked for, as any socket without TLS."""
        self.assertEqual(UDP.close_command(2, False).text.wire, b"+QICLOSE=2")
        self.assertEqual(UDP.state_command(2).text.wire, b"+QISTATE=1,2")
        line = '+QISTATE: 2,"UDP SERVICE","10.7.157.1",0,3030,2,1,2,0,"usbmodem"'
        state = UDP.read_state(answered(UDP.state_command(2), OK, line), 2)
        self.assertEqual(state, SocketStatus(2, False))


class ReadTests(SynchronousTestCase):
    """What comes."""

    def test_read(self) -> None:
        """Length and source are read however they are spaced; nonsense is no source."""
        command = UDP.read_command(2, 1500)
        self.assertEqual(command.text.wire, b"+QIRD=2,1500")
        for line, length, source in (
            ('+QIRD: 4,"10.7.76.34",7687', 4, ("10.7.76.34", 7687)),
            ('+QIRD:4 , "2001:db8::1" , 1', 4, ("2001:db8::1", 1)),
            ("+QIRD: 4,10.7.76.34,7687", 4, ("10.7.76.34", 7687)),
            ("+QIRD: 4", 4, None),
            ("+QIRD: 0", 0, None),
            ('+QIRD: 4,"10.7.76.34",70000', 4, None),
            ('+QIRD: 4,"10.7.76.34",0', 4, None),
            ('+QIRD: 4,"1.2.3",1', 4, None),
            ('+QIRD: 4,"host.example",1', 0, None),
            ("+QIRD: 4,5,6", 0, None),
            ("+QIRD: 123456", 0, None),
        ):
            assert command.block is not None
            self.assertEqual(command.block(line.encode()), length, line)
            response = answered(command, OK, line, block=b"x" * length)
            self.assertEqual(UDP.announced(response), length)
            self.assertEqual(UDP.read_source(response), source, line)
            self.assertEqual(UDP.read_data(response), b"x" * length)
        refused = answered(command, ERROR)
        self.assertIsNone(UDP.read_data(refused))
        self.assertEqual((UDP.announced(refused), UDP.read_source(refused)), (0, None))

    def test_push(self) -> None:
        """A push says where it came from, or does not."""
        for line, source in (
            (b'+QIURC: "recv",2,4,"10.7.76.34",7687', ("10.7.76.34", 7687)),
            (b'+QIURC:"recv", 2, 4, "2001:db8::1", 1 ', ("2001:db8::1", 1)),
            (b'+QIURC: "recv",2,4', None),
            (b'+QIURC: "recv",2,4,', None),
            (b'+QIURC: "recv",2,4,"10.7.76.34",99999', None),
            (b'+QIURC: "recv",2,4,"10.7.76.999",1', None),
            (b'+QIURC: "recv",2,4,"10.7.76.34",1,2', None),
        ):
            self.assertEqual(FAMILY.block_length(line, lambda id: id == 2), 4, line)
            self.assertEqual(FAMILY.read_urc(line, b"1234"), Pushed(2, b"1234", source), line)
            self.assertEqual(FAMILY.block_length(line, lambda id: False), 0)
            self.assertEqual(FAMILY.read_urc(line, b""), Readable(2))
