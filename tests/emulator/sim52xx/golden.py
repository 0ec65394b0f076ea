r"""The sample dialogues of chapters 4 and 6, typed from the SIM52xx SSL Application Note v0.01.

A dialogue is a list of steps.  A step is what the host types, and what the module says to it: lines
as they are printed; L{DATA} for the data that the line before it announces; C{\d+} for a number
that is the server's.  C{>...} is typed behind the prompt, C{>request} stands for L{REQUEST}.
"""

from __future__ import annotations

from typing import Final

#: Stands for so many bytes as the line before says.
DATA: Final = "<data>"

Step = tuple[str, ...]

#: 6.1 and 6.3: 88 bytes.
REQUEST: Final = (
    b"GET / HTTP/1.1\r\n"
    b"Host: www.mywebsite.com\r\n"
    b"User-Agent: MY WEB AGENT\r\n"
    b"Content-Length: 0\r\n"
    b"\r\n"
)
#: 6.1 and 6.3: they say 249 bytes; what they print is 227, with the 57 of its C{Content-Length}.
RESPONSE: Final = (
    b"HTTP/1.1 200 OK\r\n"
    b"Content-Type: text/html\r\n"
    b"Content-Language: zh-CN\r\n"
    b"Content-Length: 57\r\n"
    b"Date: Tue, 31 Mar 2009 01:56:05 GMT\r\n"
    b"Connection: Close\r\n"
    b"Proxy-Connection: Close\r\n"
    b"\r\n"
    b"<html>\r\n"
    b"<header>test</header>\r\n"
    b"<body>\r\n"
    b"Test body\r\n"
    b"</body>"
)

#: 6.1, as printed; the commit's answer is not printed there (2.3 has it).
HTTPS_PRINTED: Final[list[Step]] = [
    ("AT+CHTTPSSTART", "OK"),
    ('AT+CHTTPSOPSE="www.mywebsite.com",443', "OK"),
    ("AT+CHTTPSENDD=88", ">request", "OK"),
    ("AT+CHTTPSENDD", "OK", "+CHTTPSENDD: 0", "+CHTTPS: RECV EVENT"),
    ("AT+CHTTPSRECV=1", "OK", "+CHTTPSRECV: DATA,227", DATA, "+CHTTPSRECV: 0"),
    ("AT+CHTTPSCLSE", "OK"),
    ("AT+CHTTPSSTOP", "OK"),
]
#: The same in right spelling (at-facts A.7, 31).
HTTPS_RIGHT: Final[list[Step]] = [
    (
        step[0].replace("CHTTPSENDD", "CHTTPSSEND"),
        *(line.replace("CHTTPSENDD", "CHTTPSSEND") for line in step[1:]),
    )
    for step in HTTPS_PRINTED
]

#: 6.2, as printed: 11 bytes are announced for the 12 of "test content", and the last of them
#: stands in front of the next command then.  LIST is printed
#: without its OK there, with it in 3.9.
FTPS_PRINTED: Final[list[Step]] = [
    ("AT+CFTPSSTART", "OK"),
    ('AT+CFTPLOGIN="www.myftpsserver.com",990, "myname", "mypassword"', "OK"),
    ('AT+CFTPSMKD="testdir"', "OK"),
    ('AT+CFTPSRMD="testdir"', "OK"),
    ('AT+CFTPSDEL="testdelfile.txt"', "OK"),
    ('AT+CFTPSCWD="/mysubdir"', "OK"),
    ("AT+CFTPSPWD", '+CFTPSPWD:"/mysubdir"', "OK"),
    ("AT+CFTPSTYPE=I", "OK"),
    ("AT+CFTPSLIST", "OK", r"+CFTPSLIST: DATA,\d+", DATA, "+CFTPSLIST: 0"),
    ('AT+CFTPSGETFILE=1,"testfile.jpg"', "OK", "+CFTPSGETFILE: 0"),
    ('AT+CFTPSPUTFILE=1,"testfile.jpg"', "OK", "+CFTPSPUTFILE: 0"),
    (
        'AT+CFTPSGET="testfile.jpg"',
        "OK",
        "+CFTPSGET: DATA, 1024,",
        DATA,
        "+CFTPSGET:DATA, 1024",
        DATA,
        "+CFTPSGET: 0",
    ),
    ('AT+CFTPSPUT="t1.txt",11', ">test content", "OK"),
    ("AT+CFTPSPUT=18", ">left data put here", "OK"),
    ("AT+CFTPSPUT", "OK", "+CFTPSPUT: 0"),
    ("AT+CFTPSLOGOUT", "OK"),
    ("AT+CFTPSSTOP", "OK"),
]
_RIGHT: Final = {
    "AT+CFTPLOGIN": "AT+CFTPSLOGIN",
    '+CFTPSPWD:"': '+CFTPSPWD: "',
    "+CFTPSGET:DATA, 1024": "+CFTPSGET: DATA, 1024,",
    '"t1.txt",11': '"t1.txt",12',
}


def _right(text: str) -> str:
    for printed, right in _RIGHT.items():
        text = text.replace(printed, right)
    return text


#: The same in right spelling (at-facts A.7, 33, 35, 36 and 38b).
FTPS_RIGHT: Final[list[Step]] = [
    (_right(step[0]), *(_right(line) for line in step[1:])) for step in FTPS_PRINTED
]

#: 6.3, as printed: the alert names session 0.
SSL_PRINTED: Final[list[Step]] = [
    ("AT+CSSLSET=1", "OK"),
    ("AT+CSSLSTART", "OK"),
    (
        'AT+CSSLOPEN=1,"www.myserver.com",443',
        "+CSSLALERT: 0,2,134218240\r\n+CSSLOPEN: ALERTSTATE",
        "ERROR",
    ),
    ("AT+CSSLCONT=1", "OK"),
    (
        "AT+CSSLSEND=1, 88",
        ">request",
        "OK",
        "+CSSLSEND: 1, 0, 88",
        "+CSSLRECV: DATA, 1, 227",
        DATA,
    ),
    ("AT+CSSLCLOSE=1", "OK"),
    ("AT+CSSLSTOP", "OK"),
]
#: The same with the session's own id (at-facts A.7, 37).
SSL_RIGHT: Final[list[Step]] = [
    (step[0], *(line.replace("ALERT: 0,", "ALERT: 1,") for line in step[1:]))
    for step in SSL_PRINTED
]
#: 4.2 and 4.5, as printed: blanks on both sides of the "=".
SSL_SPACED: Final[list[Step]] = [
    ("AT+CSSLSTART", "OK"),
    (
        'AT+CSSLOPEN=1, "www.myserver.com", 443',
        "+CSSLALERT: 0,2,134218240\r\n+CSSLOPEN: ALERTSTATE",
        "ERROR",
    ),
    ("AT+CSSLCONT = 1", "OK"),
    ("AT+CSSLSEND?", "+CSSLSEND: 0, 0, 1, 0", "OK"),
    ("AT+CSSLCLOSE = 1", "OK"),
    ("AT+CSSLSTOP", "OK"),
]
#: 4.7.
TRANSPARENT: Final[list[Step]] = [
    ("AT+CSSLMODE=1", "OK"),
    ("AT+CSSLSTART", "OK"),
    (
        'AT+CSSLOPEN=0,"www.myserver.com",443',
        "+CSSLALERT: 0,2,134218240\r\n+CSSLOPEN: ALERTSTATE",
        "ERROR",
    ),
    ("AT+CSSLCONT=0", "CONNECT 115200"),
]
