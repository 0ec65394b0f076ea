"""Golden data: typed from the LTE SSL Application Note v1.1, and from nothing else."""

from __future__ import annotations

#: Chapter 2.2.1, the test form, with ranges as chapter "Parameter" gives them.
TEST_FORM = (
    '+QSSLCFG: "sslversion",(0-5),(0-4)',
    '+QSSLCFG: "ciphersuite",(0-5),(0X0035,0X002F,0X0005,0X0004,0X000A,0X003D,0XC002,0XFFFF)',
    '+QSSLCFG: "cacert",(0-5),<cacertpath>',
    '+QSSLCFG: "cacertex",(0-5),<cacertpath>',
    '+QSSLCFG: "clientcert",(0-5),<client_cert_path>',
    '+QSSLCFG: "clientkey",(0-5),<client_key_path>',
    '+QSSLCFG: "seclevel",(0-5),(0-2)',
    '+QSSLCFG: "ignorelocaltime",(0-5),(0,1)',
    '+QSSLCFG: "negotiatetime",(0-5),(10-300)',
    '+QSSLCFG: "sni",(0-5),(0,1)',
    '+QSSLCFG: "closetimemode",(0-5),(0,1)',
    '+QSSLCFG: "ignoremulticertchainverify",(0-5),(0,1)',
    '+QSSLCFG: "ignoreinvalidcertsign",(0-5),(0,1)',
    '+QSSLCFG: "psk",(0-5),<identity>,<key>',
    '+QSSLCFG: "dtls",(0-5),(0,1)',
    '+QSSLCFG: "dtlsversion",(0-5),(0,1)',
    '+QSSLCFG: "session_cache",(0-5),(0,1)',
    '+QSSLCFG: "alpn",(0-5),<ALPN_name>',
    '+QSSLCFG: "renegotiation",(0-5),(0,1)',
)

#: The nineteen tags.
TAGS = (
    "sslversion", "ciphersuite", "cacert", "cacertex", "clientcert", "clientkey", "seclevel",
    "ignorelocaltime", "negotiatetime", "sni", "closetimemode", "ignoremulticertchainverify",
    "ignoreinvalidcertsign", "psk", "dtls", "dtlsversion", "session_cache", "alpn",
    "renegotiation",
)  # fmt: skip

#: Tags that decide whether somebody unverified gets in (DESIGN, chapter 4, rule 1).
SECURITY_TAGS = frozenset(
    {
        "sslversion", "ciphersuite", "cacert", "cacertex", "clientcert", "clientkey", "seclevel",
        "ignorelocaltime", "ignoremulticertchainverify", "ignoreinvalidcertsign", "sni", "dtls",
        "psk",
    }
)  # fmt: skip

#: Chapter 2.2.1, <SSL_version>.
VERSIONS = {"ssl3": 0, "tls1.0": 1, "tls1.1": 2, "tls1.2": 3, "all": 4}

#: Table 3.
SUITES = {
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0xC002: "TLS_ECDH_ECDSA_WITH_RC4_128_SHA",
    0xC003: "TLS_ECDH_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC004: "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA",
    0xC005: "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0xC008: "TLS_ECDHE_ECDSA_WITH_3DES_EDE_CBC_SHA",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0xC00C: "TLS_ECDH_RSA_WITH_RC4_128_SHA",
    0xC00D: "TLS_ECDH_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC00E: "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA",
    0xC00F: "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC025: "TLS_ECDH_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC026: "TLS_ECDH_ECDSA_WITH_AES_256_CBC_SHA384",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC029: "TLS_ECDH_RSA_WITH_AES_128_CBC_SHA256",
    0xC02A: "TLS_ECDH_RSA_WITH_AES_256_CBC_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
}

#: Table 5.
CODES = {
    0: "Operation successful",
    550: "Unknown error",
    551: "Operation blocked",
    552: "Invalid parameter",
    553: "Memory not enough",
    554: "Create socket failed",
    555: "Operation not supported",
    556: "Socket bind failed",
    557: "Socket listen failed",
    558: "Socket write failed",
    559: "Socket read failed",
    560: "Socket accept failed",
    561: "Open PDP context failed",
    562: "Close PDP context failed",
    563: "Socket identity has been used",
    564: "DNS busy",
    565: "DNS parse failed",
    566: "Socket connection failed",
    567: "Socket has been closed",
    568: "Operation busy",
    569: "Operation timeout",
    570: "PDP context break down",
    571: "Cancel send",
    572: "Operation not allowed",
    573: "APN not configured",
    574: "Port busy",
}

#: Chapters 3.3.1 and 3.4.1.
STATE_BUFFER = '+QSSLSTATE: 4,"SSLClient","220.180.239.212",8010,65344,2,1,4,0,"usbmodem",1'
STATE_PUSH = '+QSSLSTATE: 4,"SSLClient","220.180.239.212",8011,65047,2,1,4,1,"usbmodem",1'

#: Chapter 3: what a host sends, by chapter.
OPEN_BUFFER = b'+QSSLOPEN=1,1,4,"220.180.239.212",8010,0'
OPEN_PUSH = b'+QSSLOPEN=1,1,4,"220.180.239.212",8011,1'
OPEN_TRANSPARENT = b'+QSSLOPEN=1,1,4,"220.180.239.212",8011,2'
SEND_FIXED = b"+QSSLSEND=4,18"
DATA = b"Test data from SSL"
RECEIVE = b"+QSSLRECV=4,1500"
CLOSE = b"+QSSLCLOSE=4"

#: FILE AT Commands Manual (at-facts B.1.3): checksums of AT+QFUPL.
CHECKSUMS = {
    b"": 0,
    b"A": 0x4100,
    b"AB": 0x4142,
    b"ABC": 0x242,
    b"1234567890": 0x3938,
    b"Test data from SSL": 0x7D21,
}
