"""What a TLS profile means to C{AT+QSSLCFG} (SSL note for GSM modules, chapter 2.2.1).

The note has six settings of a context and one of the module.  What else a profile may say is
refused by name, unless it says what these modules do anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ... import errors
from ...profiles import TLSProfile, Verify
from ...tables.gsm import SUITES
from ..base import ContextSettings, Setting
from .errors import NAME

#: One for all contexts of the module.
IGNORE_TIME: Final = "ignorertctime"
_ALL: Final = 0xFFFF


def context_settings(
    profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
) -> ContextSettings:
    """Say what a profile means to this family; see L{Family.context_settings}."""
    _refuse(profile, paths)
    settings = [
        Setting("sslversion", "sslVersion", (profile.version_number,)),
        Setting("ciphersuite", "ciphers", (f"0X{_suite(profile):04X}",)),
        Setting("seclevel", "verify", (profile.security_level,)),
    ]
    # a path cannot be taken back, and without the level for it means nothing
    for tag, argument in (
        ("cacert", "cacert"),
        ("clientcert", "clientCert"),
        ("clientkey", "clientKey"),
    ):
        if tag in paths:
            settings.append(Setting(tag, argument, (paths[tag],)))
    if profile.security_level > 0:
        ignored = int(profile.ignore_local_time)
        settings.append(Setting(IGNORE_TIME, "ignoreLocalTime", (ignored,), common=True))
    return tuple(settings)


def _suite(profile: TLSProfile) -> int:
    suite = profile.cipher_suite
    if suite != _ALL and suite not in SUITES:
        raise _lacks("ciphers", f"that suite; they have {', '.join(SUITES.values())}")
    return suite


def _refuse(profile: TLSProfile, paths: Mapping[str, str]) -> None:
    """Refuse what the family has no setting for.

    @raise errors.UnsupportedOperation: naming the argument.
    """
    if profile.dtls:
        raise _lacks("dtls", "DTLS")
    if "cacertex" in paths:
        raise _lacks("cacert", "room for two CAs in a context; give one")
    if profile.sni:
        raise _lacks("sni", "server names in the handshake")
    if profile.alpn:
        raise _lacks("alpn", "ALPN")
    if profile.psk is not None:
        raise _lacks("psk", "pre-shared keys")
    if profile.session_cache is False:
        raise _lacks("sessionCache", "a setting for resumed sessions")
    if profile.renegotiation:
        raise _lacks("renegotiation", "a setting for renegotiation")
    if profile.ignore_multi_cert_chain_verify:
        raise _lacks("ignoreMultiCertChainVerify", "such a setting")
    if profile.ignore_invalid_cert_sign:
        raise _lacks("ignoreInvalidCertSign", "such a setting")
    if profile.negotiate_time is not None:
        raise _lacks("negotiateTime", "a time for the handshake alone; timeout is for all of it")
    if profile.close_time_mode == "ms":
        raise _lacks("closeTimeMode", "a time for closes")
    checked = profile.verify is Verify.PEER and profile.security_level > 0
    if checked and profile.identity == "require":
        raise errors.IdentityNotChecked(
            "identity: these modules cannot check the server's name; identity=prefer accepts "
            "that; a CA for your servers alone makes up for it, or quecteltls:",
            family=NAME,
        )


def _lacks(argument: str, what: str) -> errors.UnsupportedOperation:
    return errors.UnsupportedOperation(
        f"{argument}: the {NAME} modules do not have {what}", family=NAME
    )
