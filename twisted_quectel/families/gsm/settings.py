"""What a TLS profile means to C{AT+QSSLCFG} (SSL note for GSM modules, chapter 2.2.1).

The note has six settings of a context and one of the module.  What else a profile may say is
refused by name, unless it says what these modules do anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...profiles import TLSProfile
from ...tables.gsm import SUITES
from ..base import ContextSettings, Setting
from ..refusals import refuse_unsettable
from .errors import NAME

#: One for all contexts of the module.
IGNORE_TIME: Final = "ignorertctime"
_ALL: Final = 0xFFFF


def _dates(ignored: bool) -> Setting:
    return Setting(IGNORE_TIME, "ignoreLocalTime", (int(ignored),), common=True)


#: For a context that others have provisioned: nobody knows what they have asked for.
DATES_COUNT: Final = _dates(False)


def context_settings(
    profile: TLSProfile, literal: bool, timeout: float, paths: Mapping[str, str]
) -> ContextSettings:
    """Say what a profile means to this family; see L{Family.context_settings}."""
    _refuse(profile, paths)
    settings = [
        Setting("sslversion", "sslVersion", (profile.version_number,)),
        Setting("ciphersuite", "ciphers", (f"0X{profile.cipher_suite:04X}",)),
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
        settings.append(_dates(profile.ignore_local_time))
    return tuple(settings)


def _refuse(profile: TLSProfile, paths: Mapping[str, str]) -> None:
    """Refuse what the family has no setting for.

    @raise UnsupportedOperation: naming the argument.
    """
    known = profile.cipher_suite == _ALL or profile.cipher_suite in SUITES
    suites = f"that suite; they have {', '.join(SUITES.values())}"
    refuse_unsettable(
        profile, paths, NAME, (("dtls", profile.dtls, "DTLS"), ("ciphers", not known, suites))
    )
