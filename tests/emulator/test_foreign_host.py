"""A host that is not ours: C{chat} of ppp drives the emulated module on its pty."""

from __future__ import annotations

import os
import shutil
from typing import Any

from twisted.internet import reactor as installed_reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone
from twisted.internet.protocol import Factory, ProcessProtocol
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from tests.endpoint.protocols import Echo
from tests.tlsservers import make_ca, options_for
from twisted_quectel.testing import EmulatedModule

CHAT = shutil.which("chat", path=os.environ.get("PATH", "") + ":/usr/sbin")

reactor: Any = installed_reactor


class Chat(ProcessProtocol):
    """Waits for the end of a conversation."""

    def __init__(self) -> None:
        self.said = b""
        self.ended: Deferred[BaseException | None] = Deferred()

    def errReceived(self, data: bytes) -> None:
        self.said += data

    def processEnded(self, reason: Failure) -> None:
        self.ended.callback(reason.value)


class ChatTests(TestCase):
    """C{chat} speaks a script; it fails when an answer is not what it expects."""

    timeout = 30
    if CHAT is None:
        skip = "there is no chat (Debian's package ppp)"

    async def converse(self, path: str, *script: str) -> None:
        """Run a script over the pty."""
        chat = Chat()
        fd = os.open(path, os.O_RDWR | os.O_NOCTTY)
        try:
            reactor.spawnProcess(
                chat,
                CHAT,
                ["chat", "-s", "-t", "5", "ABORT", "ERROR", *script],
                childFDs={0: fd, 1: fd, 2: "r"},
            )
        finally:
            os.close(fd)
        self.assertIsInstance(await chat.ended, ProcessDone, chat.said)

    async def test_dialogue(self) -> None:
        """It identifies the module, and opens, uses and closes a TLS connection."""
        ca = make_ca()
        serving = Factory.forProtocol(Echo)
        serving.noisy = False
        server = reactor.listenSSL(
            0, serving, options_for(ca, "server.example"), interface="127.0.0.1"
        )
        self.addCleanup(server.stopListening)
        module = EmulatedModule(reactor, hosts={"server.example": "127.0.0.1"})
        self.addCleanup(module.close)
        port = server.getHost().port
        await self.converse(
            module.pty(),
            "",
            "AT",
            "OK",
            "ATE0",
            "OK",
            "AT+CGMM",
            "EC25",
            "AT+CPIN?",
            "READY",
            'AT+QICSGP=1,1,"internet"',
            "OK",
            "AT+QIACT=1",
            "OK",
            f'AT+QSSLOPEN=1,1,4,"server.example",{port},1',
            "+QSSLOPEN: 4,0",
            "AT+QSSLSEND=4,5",
            ">",
            "hello\\c",
            "SEND OK",
            "AT+QSSLCLOSE=4",
            "OK",
        )
        self.assertEqual(module.verdicts, [])
