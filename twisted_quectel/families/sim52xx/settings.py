"""What a TLS profile means to a SIM52xx module, which has no command for any of it.

SIM52xx SSL Application Note v0.01, chapter 4: no CA, no key, no suite, no version can be given.
The module judges by CAs of its own, and suspends an open whose certificate it does not like.
"""

from __future__ import annotations

from ...errors import UnsupportedOperation
from ...profiles import TLSProfile, Verify
from ..refusals import refuse_unsettable
from .errors import NAME

_ALL = 0xFFFF


def refuse(profile: TLSProfile) -> None:
    """Refuse what common SSL cannot be told.

    @raise UnsupportedOperation: naming the argument.
    """
    _refuse_what_has_no_command(profile)
    if profile.verify is Verify.NONE:
        raise UnsupportedOperation(
            f"verify: the {NAME} modules always judge the server's certificate; allowAlerts names "
            "what may be wrong with it",
            family=NAME,
        )
    if not profile.trust:
        raise UnsupportedOperation(
            f"trust: the {NAME} modules judge by CAs of their own: say trust=module", family=NAME
        )


def refuse_https(profile: TLSProfile) -> None:
    """Refuse what the HTTPS stack cannot be told: it verifies nobody, and says nothing of it.

    @raise UnsupportedOperation: naming the argument.
    """
    _refuse_what_has_no_command(profile)
    if profile.verify is not Verify.NONE:
        raise UnsupportedOperation(
            f"verify: the HTTPS stack of the {NAME} modules verifies nobody: say verify=none if "
            "that will do; stack=ssl judges, quecteltls: verifies on the host",
            family=NAME,
        )


def _refuse_what_has_no_command(profile: TLSProfile) -> None:
    for argument, given, what in (
        ("cacert", profile.cacert is not None, "no command for a CA"),
        ("clientCert", profile.client_cert is not None, "no command for a certificate"),
        ("sslVersion", profile.ssl_version != "tls1.2", "no command for the version"),
        ("ciphers", profile.cipher_suite != _ALL, "no command for the cipher suite"),
        ("ignoreLocalTime", profile.ignore_local_time, "no command for that; see allowAlerts"),
        ("dtls", profile.dtls, "no DTLS"),
    ):
        if given:
            raise UnsupportedOperation(
                f"{argument}: the {NAME} modules have {what}"
                + ("; leave it out, or use quecteltls:" if argument == "cacert" else ""),
                family=NAME,
            )
    refuse_unsettable(profile, {}, NAME, own_trust=True)
