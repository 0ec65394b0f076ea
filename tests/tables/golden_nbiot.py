"""Golden data: typed from the BC660K-GL SSL Application Note v1.0, and from nothing else."""

from __future__ import annotations

#: Table 5.
CODES = {
    0: "Successful operation",
    -1: "Exception error",
    -2: "Connection error",
    -3: "Certificate error",
    -4: "Key error",
    -5: "Cipher error",
    -6: "State error",
    -7: "Time out",
    -9: "Other errors",
}

#: Table 2.
SUITES = {
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x00FF: "TLS_EMPTY_RENEGOTIATION_INFO_SCSV",
}

#: Chapter 2.3.1, the test form, with the ranges of its parameters.
TEST_FORM = (
    '+QSSLCFG: (0-10),(0-4),"seclevel",(0-2)',
    '+QSSLCFG: (0-10),(0-4),"sslversion",(1-4)',
    '+QSSLCFG: (0-10),(0-4),"dataformat",(0,1),(0,1)',
    '+QSSLCFG: (0-10),(0-4),"timeout",(10-300)',
    '+QSSLCFG: (0-10),(0-4),"debug",(0-4)',
    '+QSSLCFG: (0-10),(0-4),"cacert"',
    '+QSSLCFG: (0-10),(0-4),"clientcert"',
    '+QSSLCFG: (0-10),(0-4),"clientkey"',
    '+QSSLCFG: (0-10),(0-4),"dtls",(0,1)',
    '+QSSLCFG: (0-10),(0-4),"dtlsversion",(0-2)',
)

#: Chapter 2.3.1, the query of all settings, of a module that was never set up.
FACTORY = (
    '+QSSLCFG: 0,0,"seclevel",0',
    '+QSSLCFG: 0,0,"sslversion",4',
    '+QSSLCFG: 0,0,"dataformat",0,0',
    '+QSSLCFG: 0,0,"timeout",90',
    '+QSSLCFG: 0,0,"debug",0',
    '+QSSLCFG: 0,0,"cacert",0',
    '+QSSLCFG: 0,0,"clientcert",0',
    '+QSSLCFG: 0,0,"clientkey",0',
    '+QSSLCFG: 0,0,"dtls",0',
    '+QSSLCFG: 0,0,"dtlsversion",2',
)

#: The ten tags.
TAGS = (
    "seclevel", "sslversion", "dataformat", "timeout", "debug", "cacert", "clientcert",
    "clientkey", "dtls", "dtlsversion",
)  # fmt: skip

#: Tables 1 and 3, with the numbers of chapter 2.3.1.
VERSIONS = {1: "TLS1.0", 2: "TLS1.1", 3: "TLS1.2", 4: "All"}
DTLS_VERSIONS = {0: "DTLS1.0", 1: "DTLS1.2", 2: "All"}

#: The other test forms: chapters 2.3.2 to 2.3.4.
TEST_FORMS = {
    "QSSLOPEN": "+QSSLOPEN: (0-10),(0-4),<host_name>,(0,1)",
    "QSSLSEND": "+QSSLSEND: (0-10),(0-4),(1-1024)",
    "QSSLCLOSE": "+QSSLCLOSE: (0-10),(0-4)",
}

#: Chapters 3.1 and 3.2 as they are printed: C{>>} is typed, C{<<} is answered, C{**} is typed
#: behind the prompt, up to Ctrl-Z, as the comment there says; C{..} stands for an C{OK} that
#: the print lacks, where the other example or the syntax of chapter 2 has it.
_PROVISION = (
    (">>", 'AT+QSSLCFG=0,0,"seclevel",2'),
    ("<<", "OK"),
    (">>", 'AT+QSSLCFG=0,0,"cacert"'),
    ("**", "cacert"),
    ("<<", '+QSSLCFG: 0,0,"cacert",{cacert}'),
    ("<<", "OK"),
    (">>", 'AT+QSSLCFG=0,0,"clientcert"'),
    ("**", "clientcert"),
    ("<<", '+QSSLCFG: 0,0,"clientcert",{clientcert}'),
    ("<<", "OK"),
    (">>", 'AT+QSSLCFG=0,0,"clientkey"'),
    ("**", "clientkey"),
    ("<<", '+QSSLCFG: 0,0,"clientkey",{clientkey}'),
)
_OPEN = (
    (">>", 'AT+QSSLOPEN=0,0,"hf.quectel.com",8164,0'),
    ("<<", "OK"),
    ("<<", "+QSSLOPEN: 0,0,0"),
)
EXAMPLE_3_1 = (
    (">>", "AT+QSCLK=0"),
    ("<<", "OK"),
    *_PROVISION,
    ("..", "OK"),
    *_OPEN,
    (">>", "AT+QSSLSEND=0,0"),
    ("**", "data"),
    ("..", "OK"),
    ("<<", "+QSSLSEND: 0,0,0"),
    ("<<", '+QSSLURC: "recv",0,0,10,"1234567890"'),
    (">>", "AT+QSSLCLOSE=0,0"),
    ("<<", "OK"),
    ("<<", "+QSSLCLOSE: 0,0,0"),
    (">>", "AT+QSCLK=1"),
    ("<<", "OK"),
)
EXAMPLE_3_2 = (
    (">>", "AT+QSCLK=0"),
    ("<<", "OK"),
    (">>", 'AT+QSSLCFG=0,0,"dtls",1'),
    ("<<", "OK"),
    *_PROVISION,
    ("<<", "OK"),
    *_OPEN,
)
#: The print of 3.2 ends with the open; what follows is that of 3.1.
REST_OF_3_1 = EXAMPLE_3_1[EXAMPLE_3_1.index((">>", "AT+QSSLSEND=0,0")) :]
