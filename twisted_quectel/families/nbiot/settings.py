"""What a TLS profile means to C{AT+QSSLCFG} (BC660K-GL SSL note v1.0, chapter 2.3.1).

What the note has no setting for is refused by name, unless it says what the module does anyway.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ...errors import UnsupportedOperation
from ...profiles import TLSProfile
from ...tables.nbiot import CERTIFICATE_TAGS, TIMEOUTS
from ..base import ContextSettings, Setting
from ..refusals import refuse_unsettable
from .contexts import place
from .dialects import Formats
from .errors import NAME

_DTLS_VERSIONS: Final = {"1.0": 0, "1.2": 1}
_ALL: Final = 0xFFFF
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

    @raise UnsupportedOperation: naming the argument.
    """
    for tag, path in paths.items():
        if tag in _ARGUMENTS and path != place(tag):
            raise UnsupportedOperation(
                f"{_ARGUMENTS[tag]}: the {NAME} modules have no files, of which {path} would be "
                "one: give a PEM file of the host",
                family=NAME,
            )
    refuse_unsettable(
        profile,
        paths,
        NAME,
        (
            ("sslVersion", profile.ssl_version == "ssl3", "SSL 3.0"),
            ("ciphers", profile.cipher_suite != _ALL, "a choice of the cipher suite"),
            ("ignoreLocalTime", profile.ignore_local_time, "a setting for certificates' dates"),
        ),
    )
