"""Chapter 7: HTTPS, FTPS, common SSL and plain TCP exclude each other."""

from __future__ import annotations

from itertools import permutations

from twisted.trial.unittest import SynchronousTestCase

from .bench import HOST, PLAIN_PORT, PORT, Bench

OK = b"\r\nOK\r\n"
ERROR = b"\r\nERROR\r\n"

#: By stack: how it is acquired and released, and what uses it.
STACKS = {
    "https": (
        "AT+CHTTPSSTART",
        "AT+CHTTPSSTOP",
        (f'AT+CHTTPSOPSE="{HOST}",{PORT}', "AT+CHTTPSSEND=1", "AT+CHTTPSRECV=1", "AT+CHTTPSCLSE"),
    ),
    "ftps": (
        "AT+CFTPSSTART",
        "AT+CFTPSSTOP",
        (f'AT+CFTPSLOGIN="{HOST}",990,"a","b"', "AT+CFTPSPWD", "AT+CFTPSLIST", "AT+CFTPSLOGOUT"),
    ),
    "ssl": (
        "AT+CSSLSTART",
        "AT+CSSLSTOP",
        (f'AT+CSSLOPEN=0,"{HOST}",{PORT}', "AT+CSSLCONT=0", "AT+CSSLSEND=0,1", "AT+CSSLCLOSE=0"),
    ),
    "tcp": (
        "AT+NETOPEN",
        "AT+NETCLOSE",
        (f'AT+CIPOPEN=0,"TCP","{HOST}",{PLAIN_PORT}', "AT+CIPSEND=0,1", "AT+CIPCLOSE=0"),
    ),
}


class ConflictTests(SynchronousTestCase):
    """One stack at a time."""

    def test_all_pairs(self) -> None:
        """While one is acquired no other can be, nor used, nor released; afterwards it can."""
        for first, second in permutations(STACKS, 2):
            bench = Bench()
            start, stop, _ = STACKS[first]
            other_start, other_stop, uses = STACKS[second]
            self.assertTrue(bench.say(start).startswith(OK), (first, second))
            for command in (other_start, other_stop, *uses):
                answer = bench.say(command)
                self.assertTrue(answer.endswith(ERROR), (first, command, answer))
            self.assertTrue(bench.say(stop).startswith(OK))
            self.assertTrue(bench.say(other_start).startswith(OK))
            self.assertEqual(bench.server.peers, [])
            self.assertEqual(bench.plain.peers, [])
            bench.close()

    def test_twice(self) -> None:
        """No stack is acquired twice, or released twice."""
        for start, stop, _ in STACKS.values():
            bench = Bench()
            self.assertTrue(bench.say(start).startswith(OK))
            self.assertTrue(bench.say(start).endswith(ERROR), start)
            self.assertTrue(bench.say(stop).startswith(OK))
            self.assertTrue(bench.say(stop).endswith(ERROR), stop)
            bench.close()
