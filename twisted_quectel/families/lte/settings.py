"""What a TLS profile means to C{AT+QSSLCFG} (LTE SSL Application Note v1.1, chapter 2.2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...at import Bare, Secret
from ...profiles import TLSProfile, Verify
from ..base import ContextSettings, Setting
from ..refusals import refuse_own_trust
from .errors import NAME

#: C{<DTLS_ver>}.
_DTLS_VERSIONS: Final = {"1.0": 0, "1.2": 1}


def context_settings(
    profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
) -> ContextSettings:
    """Say what a profile means to this family; see L{Family.context_settings}."""

    refuse_own_trust(profile, NAME)

    def simple(tag: str, argument: str, value: object, needed: bool = True) -> Setting:
        return Setting(tag, argument, (value,), needed)

    settings = [
        simple("sslversion", "sslVersion", profile.version_number),
        simple("ciphersuite", "ciphers", Bare(f"0X{profile.cipher_suite:04X}")),
        simple("seclevel", "verify", profile.security_level),
        simple("cacert", "cacert", paths.get("cacert", "")),
        simple("cacertex", "cacert", paths.get("cacertex", ""), "cacertex" in paths),
        simple("clientcert", "clientCert", paths.get("clientcert", "")),
        simple("clientkey", "clientKey", paths.get("clientkey", "")),
        simple("ignorelocaltime", "ignoreLocalTime", int(profile.ignore_local_time)),
        Setting(
            "negotiatetime",
            "negotiateTime",
            (profile.negotiate_time_for(timeout),),
            follows=profile.negotiate_time is None,
        ),
        # RFC 6066 chapter 3: a name only, never an address
        simple("sni", "sni", int(profile.sni_where(literal))),
        simple(
            "ignoremulticertchainverify",
            "ignoreMultiCertChainVerify",
            int(profile.ignore_multi_cert_chain_verify),
            profile.ignore_multi_cert_chain_verify,
        ),
        simple(
            "ignoreinvalidcertsign",
            "ignoreInvalidCertSign",
            int(profile.ignore_invalid_cert_sign),
            profile.ignore_invalid_cert_sign,
        ),
        simple("dtls", "dtls", int(profile.dtls), profile.dtls),
        simple("alpn", "alpn", profile.alpn, bool(profile.alpn)),
        simple("closetimemode", "closeTimeMode", int(profile.close_time_mode == "ms"), False),
        simple(
            "session_cache",
            "sessionCache",
            0 if profile.session_cache is False else 1,
            profile.session_cache is False,
        ),
        simple("renegotiation", "renegotiation", int(profile.renegotiation), profile.renegotiation),
    ]
    if profile.dtls:
        # without it the tag means nothing
        settings.append(
            Setting("dtlsversion", "dtlsVersion", (_DTLS_VERSIONS[profile.dtls_version],))
        )
    key = (profile.psk_identity or "", Secret(profile.psk or ""))
    settings.append(Setting("psk", "psk", key, profile.psk is not None))
    if profile.verify is Verify.PEER and profile.security_level > 0:
        settings.append(Setting("checkhost", "identity", (1,), profile.identity == "require"))
    return tuple(settings)
