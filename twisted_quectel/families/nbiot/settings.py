"""What a TLS profile means to C{AT+QSSLCFG} (BC660K-GL SSL note v1.0, chapter 2.3.1).

What the note has no setting for is refused by name, unless it says what the module does anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ... import errors
from ...profiles import TLSProfile, Verify
from ...tables.nbiot import CERTIFICATE_TAGS, TIMEOUTS
from ..base import ContextSettings, Setting
from .dialects import Formats
from .errors import NAME

_DTLS_VERSIONS: Final = {"1.0": 0, "1.2": 1}
_ARGUMENTS: Final = {"cacert": "cacert", "clientcert": "clientCert", "clientkey": "clientKey"}


def context_settings(
    profile: TLSProfile, timeout: float, paths: Mapping[str, str], formats: Formats
) -> ContextSettings:
    """Say what a profile means to this family; see L{Family.context_settings}."""
    _refuse(profile, paths)
    seconds = min(max(round(timeout), TIMEOUTS[0]), TIMEOUTS[-1])
    settings = [
        Setting("seclevel", "verify", (profile.security_level,)),
        Setting("sslversion", "sslVersion", (profile.version_number,)),
        Setting("dataformat", "dataFormat", (formats.send, formats.receive)),
        Setting("timeout", "timeout", (seconds,), follows=True),
        Setting("dtls", "dtls", (int(profile.dtls),)),
    ]
    if profile.dtls:
        settings.append(
            Setting("dtlsversion", "dtlsVersion", (_DTLS_VERSIONS[profile.dtls_version],))
        )
    # typed in when the connection was asked for; here they say which ones
    settings += [
        Setting(tag, _ARGUMENTS[tag], (paths[tag],)) for tag in CERTIFICATE_TAGS if tag in paths
    ]
    return tuple(settings)


def _refuse(profile: TLSProfile, paths: Mapping[str, str]) -> None:
    """Refuse what the family has no setting for.

    @raise errors.UnsupportedOperation: naming the argument.
    """
    for argument, wrong, what in (
        ("sslVersion", profile.ssl_version == "ssl3", "SSL 3.0"),
        ("ciphers", profile.cipher_suite != 0xFFFF, "a choice of the cipher suite"),
        ("cacert", "cacertex" in paths, "room for two CAs; give one"),
        ("sni", bool(profile.sni), "a setting for the server's name"),
        ("alpn", bool(profile.alpn), "ALPN"),
        ("psk", profile.psk is not None, "pre-shared keys"),
        ("sessionCache", profile.session_cache is False, "a setting for resumed sessions"),
        ("renegotiation", profile.renegotiation, "a setting for renegotiation"),
        ("ignoreLocalTime", profile.ignore_local_time, "a setting for certificates' dates"),
        (
            "ignoreMultiCertChainVerify",
            profile.ignore_multi_cert_chain_verify,
            "such a setting",
        ),
        ("ignoreInvalidCertSign", profile.ignore_invalid_cert_sign, "such a setting"),
        (
            "negotiateTime",
            profile.negotiate_time is not None,
            "a time for the handshake alone; timeout is for all of it",
        ),
        ("closeTimeMode", profile.close_time_mode == "ms", "a time for closes"),
    ):
        if wrong:
            raise errors.UnsupportedOperation(
                f"{argument}: the {NAME} modules do not have {what}", family=NAME
            )
    checked = profile.verify is Verify.PEER and profile.security_level > 0
    if checked and profile.identity == "require":
        raise errors.IdentityNotChecked(
            "identity: these modules cannot check the server's name; identity=prefer accepts "
            "that; a CA for your servers alone makes up for it, or quecteltls:",
            family=NAME,
        )
