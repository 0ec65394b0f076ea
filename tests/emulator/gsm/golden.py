"""Golden dialogues: chapters 3.1 to 3.3, typed from the SSL note for M10, M66, M85 and M95.

Commands stand here as they are printed, with their blanks and typographical quotes; the
comments behind them are left out.
"""

from __future__ import annotations

from dataclasses import dataclass

TWELVE = b"Twelve bytes"
SOME = b"some bytes data"
TEN = b"Ten bytes."

#: Chapter 3.1, step 3: the address that AT+QILOCIP answers.
ADDRESS = "10.1.83.188"
#: Chapters 3.1 to 3.3: who is connected to.
SECURE = ("116.247.104.27", 465)
PLAIN = ("116.247.104.27", 6021)
OTHER_SECURE = ("124.74.41.170", 5115)


@dataclass(frozen=True)
class Command:
    """What the host types, and the lines of the answer.

    @ivar answer: C{#} stands for a checksum.
    """

    printed: str
    answer: tuple[str, ...]


@dataclass(frozen=True)
class File:
    """What the host sends behind C{CONNECT}: one of the three files."""

    name: str
    size: int
    answer: tuple[str, ...]


@dataclass(frozen=True)
class Send:
    """A send: its prompt, its body, and the answer."""

    printed: str
    body: bytes
    ends: bytes = b""
    answer: tuple[str, ...] = ("SEND OK",)


@dataclass(frozen=True)
class Receive:
    """What a peer sends, and the URC that tells of it."""

    peer: tuple[str, int]
    data: bytes
    urc: str


Step = Command | File | Send | Receive


def _c(printed: str, *answer: str) -> Command:
    return Command(printed, answer)


_PDP: tuple[Step, ...] = (
    _c("AT+ QIFGCNT=0", "OK"),
    _c("AT+ QICSGP=1,”CMNET”", "OK"),
    _c("AT+QIREGAPP", "OK"),
    _c("AT+QIACT", "OK"),
    _c("AT+QILOCIP", ADDRESS),
)

_TALK: tuple[Step, ...] = (
    _c("AT+ QSSLOPEN =1, 0,”116.247.104.27”,465,0", "OK", "+QSSLOPEN: 1,0"),
    Send("AT+QSSLSEND=1,12", TWELVE),
    Send("AT+QSSLSEND=1", SOME, b"\x1a"),
    Receive(SECURE, b"1234567", '+QSSLURC: "recv",0,1'),
    _c("AT+QSSLRECV=0,1,1500", "+QSSLRECV: 116.247.104.27:465,TCP,7\r\n1234567", "", "OK"),
)

#: 3.1: certificate and key in RAM.
RAM: tuple[Step, ...] = (
    _c("AT+QSECWRITE=”RAM:ca_cert.pem”,1614,100", "CONNECT"),
    File("ca", 1614, ("+QSECWRITE: 1614,#", "OK")),
    _c("AT+QSECWRITE=”RAM:client_cert.pem”,1419,100", "CONNECT"),
    File("cert", 1419, ("+QSECWRITE: 1419,#", "OK")),
    _c("AT+QSECWRITE=”RAM:client_key.pem”,1679,100", "CONNECT"),
    File("key", 1679, ("+QSECWRITE: 1679,#", "OK")),
    *_PDP,
    _c("AT+QIMUX=1", "OK"),
    _c("AT+QSSLCFG=”sslversion”,0,2", "OK"),
    _c("AT+QSSLCFG=”ciphersuite”,0,”0XFFFF”", "OK"),
    _c("AT+QSSLCFG=”seclevel”,0,2", "OK"),
    _c("AT+QSECREAD=”RAM:ca_cert.pem”", "+QSECREAD: 1,#", "OK"),
    _c("AT+QSECREAD=”RAM:client_cert.pem”", "+QSECREAD: 1,#", "OK"),
    _c("AT+QSECREAD=”RAM:client_key.pem”", "+QSECREAD: 1,#", "OK"),
    _c("AT+QSSLCFG=”cacert”,0,”RAM:ca_cert.pem”", "OK"),
    _c("AT+QSSLCFG=”clientcert”,0,”RAM:client_cert.pem”", "OK"),
    _c("AT+QSSLCFG=”clientkey”,0,”RAM:client_key.pem”", "OK"),
    *_TALK,
    _c("AT+QSSLCLOSE=1", "1, CLOSE OK"),
    _c("AT+QSECDEL=”RAM:ca_cert.pem”", "OK"),
    _c("AT+QSECDEL=”RAM:client_cert.pem”", "OK"),
    _c("AT+QSECDEL=”RAM:client_key.pem”", "OK"),
    _c("AT+QIDEACT", "DEACT OK"),
)

#: 3.2: certificate and key in NVRAM.
NVRAM: tuple[Step, ...] = (
    _c("AT+QSECWRITE=”NVRAM:CA0”,1614,100", "CONNECT"),
    File("ca", 1614, ("+QSECWRITE: 1614,#", "OK")),
    _c("AT+QSECWRITE=”NVRAM:CC0”,1419,100", "CONNECT"),
    File("cert", 1419, ("+QSECWRITE: 1419,#", "OK")),
    _c("AT+QSECWRITE=”NVRAM:CK0”,1679,100", "CONNECT"),
    File("key", 1679, ("+QSECWRITE: 1679,#", "OK")),
    *_PDP,
    _c("AT+QIMUX=1", "OK"),
    _c("AT+QSSLCFG=”sslversion”,0,2", "OK"),
    _c("AT+QSSLCFG=”ciphersuite”,0,”0XFFFF”", "OK"),
    _c("AT+QSSLCFG=”seclevel”,0,2", "OK"),
    _c("AT+QSECREAD=”NVRAM:CA0”", "+QSECREAD: 1,#", "OK"),
    _c("AT+QSECREAD=”NVRAM:CC0”", "+QSECREAD: 1,#", "OK"),
    _c("AT+QSECREAD=”NVRAM:CK0”", "+QSECREAD: 1,#", "OK"),
    _c("AT+QSSLCFG=”cacert”,0,”NVRAM:CA0”", "OK"),
    _c("AT+QSSLCFG=”clientcert”,0,”NVRAM:CC0”", "OK"),
    _c("AT+QSSLCFG=”clientkey”,0, “NVRAM:CK0”", "OK"),
    *_TALK,
    _c("AT+QSSLCLOSE=1", "1, CLOSE OK"),
    _c("AT+QIDEACT", "DEACT OK"),
)

#: 3.3: beside a connection without SSL.
COEXISTENCE: tuple[Step, ...] = (
    *_PDP,
    _c("AT+QIMUX=1", "OK"),
    _c("AT+QINDI=1", "OK"),
    _c('AT+QIOPEN=1,"TCP","116.247.104.27",6021', "OK", "1, CONNECT OK"),
    Send("AT+QISEND=1,10", TEN),
    Receive(PLAIN, b"Abcde", "+QIRDI: 0,1,1"),
    _c("AT+QIRD=0,1,1,1024", "+QIRD: 116.247.104.27:6021,TCP,5\r\nAbcde", "", "OK"),
    _c("AT+QSSLCFG=”sslversion”,0,2", "OK"),
    _c("AT+QSSLCFG=”seclevel”,0,0", "OK"),
    _c("AT+QSSLCFG=”ciphersuite”,0,“0XFFFF”", "OK"),
    _c("AT+ QSSLOPEN =3,0,”124.74.41.170”,5115,0", "OK", "+QSSLOPEN: 3,0"),
    Send("AT+QSSLSEND=3,12", TWELVE),
    Send("AT+QSSLSEND=3", SOME, b"\x1a"),
    Receive(OTHER_SECURE, b"1234567", '+QSSLURC: "recv",0,3'),
    _c("AT+QSSLRECV=0,3,1000", "+QSSLRECV: 124.74.41.170:5115,TCP,7\r\n1234567", "", "OK"),
    _c("AT+QSSLCLOSE=3", "3, CLOSE OK"),
    _c("AT+QICLOSE=1", "1, CLOSE OK"),
    _c("AT+QIDEACT", "DEACT OK"),
)


def right_spelling(printed: str) -> str:
    """Write a printed command as the syntax tables have it: straight quotes, no blanks."""
    parts = printed.replace("”", '"').replace("“", '"').split('"')
    return '"'.join(
        part if index % 2 else part.replace(" ", "") for index, part in enumerate(parts)
    )
