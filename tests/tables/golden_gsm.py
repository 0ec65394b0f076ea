"""Golden data: typed from the SSL note for M10, M66, M85 and M95, and from nothing else."""

from __future__ import annotations

#: Chapter 1: "This document is applicable to".
MODELS = {"M10", "M66", "M85", "M95"}

#: Chapter 2.2.1, <sslversion>.
VERSIONS = {0: "SSL3.0", 1: "TLS1.0", 2: "TLS1.1", 3: "TLS1.2", 4: "ALL SUPPORT"}

#: Table 2.
SUITES = {
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
}

#: Chapter 2.2.1: with an SSL context, and without.
CONTEXT_TAGS = {"sslversion", "ciphersuite", "seclevel", "cacert", "clientcert", "clientkey"}
MODULE_TAGS = {"ignorertctime", "https", "httpsctxi", "smtpstyle", "smtpsctxi"}

#: Chapter 2.2.1, note 1.
NVRAM_NAMES = {"CA0", "CA1", "CC0", "CK0"}

#: Chapter 2.2.2, <connectcode>.
CONNECT_CODES = {0: "Success", -1: "Error", -2: "Socket is occupied"}

#: Chapter 2.2.6, <state> and <socketstatus>.
STATES = (
    "IP INITIAL", "IP START", "IP CONFIG", "IP IND", "IP GPRSACT", "IP STATUS", "IP PROCESSING",
    "PDP DEACT",
)  # fmt: skip
SOCKET_STATES = ("INITIAL", "CONNECTING", "CONNECTED", "REMOTE CLOSING", "CLOSING", "CLOSED")

#: Chapters 2.2.1 to 2.2.9: what the test forms answer, the white space of the printing aside.
TEST_FORMS = {
    "+QSSLCFG": '+QSSLCFG: "type",(0-5),"value"',
    "+QSSLOPEN": (
        "+QSSLOPEN: <ssid>,<ctxindex>,<ipaddr/domainname>,<port>,<connectmode>[,<timeout>]"
    ),
    "+QSSLCLOSE": "+QSSLCLOSE: (0-5)[,(0,1)]",
    "+QSSLSEND": "+QSSLSEND: (0-5)[,(1-1460)]",
    "+QSSLRECV": "+QSSLRECV: (0,1),(0-5),(1-1500)",
    "+QSSLSTATE": "",
    "+QSECWRITE": "+QSECWRITE: <filename>,<filesize>[,(3,200)]",
    "+QSECREAD": "+QSECREAD: <filename>",
    "+QSECDEL": "+QSECDEL: <filename>",
}
#: The same chapters: commands whose read form is there, and answers no more than OK.
READ_FORMS = {
    "+QSSLOPEN", "+QSSLCLOSE", "+QSSLSEND", "+QSSLSTATE", "+QSECWRITE", "+QSECREAD", "+QSECDEL",
}  # fmt: skip
