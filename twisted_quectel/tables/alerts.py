"""The alerts of C{+CSSLALERT} (SIM52xx SSL Application Note v0.01, chapter 5.2)."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: Chapter 5.2, C{<err>} of C{+CSSLALERT}: a combination of bits.
ALERT_BITS: Final[Mapping[int, str]] = MappingProxyType(
    {
        0x00000001: "SSL protocol received unexpected message",
        0x00000002: "SSL record failed authentication",
        0x00000004: "Decrypted message not multiple of block size, or invalid padding",
        0x00000008: "Record too big",
        0x00000010: "SSL record failed decompression",
        0x00000020: "SSL handshake protocol failed",
        0x00000040: "Certificate is missing",
        0x00000080: "Certificate failed authentication",
        0x00000100: "Certificate failed authentication of bad signature",
        0x00000200: "Certificate failed authentication of bad issuer",
        0x00000400: "Certificate type not understood",
        0x00000800: "Certificate invalid (was revoked)",
        0x00001000: "Certificate invalid (expired)",
        0x00002000: "Certificate invalid (some error)",
        0x00004000: "SSL protocol parameters out of range",
        0x00008000: "Alert contained invalid ID",
        0x00010000: "Unknown CA",
        0x00020000: "No access rights to continue negotiation",
        0x00040000: "Failed value out of range",
        0x00080000: "Crypto operation failed",
        0x00100000: "Parameter not in compliance",
        0x00200000: "Cannot support requested version",
        0x00400000: "Server requires more secure cipher suites than the client support",
        0x00800000: "Local error independent of the protocol",
        0x01000000: "Cancel handshake for other reasons",
        0x02000000: "Cannot negotiate the handshake",
        0x04000000: "Host mismatch (Common Name)",
        0x08000000: "Alert to viewing the certificate",
        0x10000000: "Alert for unrecognized server name list",
    }
)
