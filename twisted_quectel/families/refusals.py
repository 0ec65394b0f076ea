"""What a TLS profile may say that a family with few settings has none for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ..errors import IdentityNotChecked, UnsupportedOperation
from ..profiles import TLSProfile, Verify


def refuse_unsettable(
    profile: TLSProfile,
    paths: Mapping[str, str],
    family: str,
    more: Iterable[tuple[str, bool, str]] = (),
    own_trust: bool = False,
) -> None:
    """Refuse what only the LTE modules' notes have a setting for.

    @param own_trust: whether its modules judge by CAs of their own.
    @param more: what else is refused: the argument, whether it is to be, and what it wants.
    @raise UnsupportedOperation: naming the argument.
    @raise IdentityNotChecked: where the server's name must be checked.
    """
    for argument, wrong, what in (
        *more,
        ("cacert", "cacertex" in paths, "room for two CAs; give one"),
        ("sni", bool(profile.sni), "a setting for the server's name"),
        ("alpn", bool(profile.alpn), "ALPN"),
        ("psk", profile.psk is not None, "pre-shared keys"),
        ("sessionCache", profile.session_cache is False, "a setting for resumed sessions"),
        ("renegotiation", profile.renegotiation, "a setting for renegotiation"),
        ("ignoreMultiCertChainVerify", profile.ignore_multi_cert_chain_verify, "such a setting"),
        ("ignoreInvalidCertSign", profile.ignore_invalid_cert_sign, "such a setting"),
        (
            "negotiateTime",
            profile.negotiate_time is not None,
            "a time for the handshake alone; timeout is for all of it",
        ),
        ("closeTimeMode", profile.close_time_mode == "ms", "a time for closes"),
    ):
        if wrong:
            raise UnsupportedOperation(
                f"{argument}: the {family} modules do not have {what}", family=family
            )
    if not own_trust:
        refuse_own_trust(profile, family)
    checked = profile.verify is Verify.PEER and profile.security_level > 0
    if checked and profile.identity == "require":
        raise IdentityNotChecked(
            "identity: these modules cannot check the server's name; identity=prefer accepts "
            "that; a CA for your servers alone makes up for it, or quecteltls:",
            family=family,
        )


def refuse_own_trust(profile: TLSProfile, family: str) -> None:
    """Refuse a module's own judgement where there is none.

    @raise UnsupportedOperation: naming the argument.
    """
    if profile.trust:
        argument = "allowAlerts" if profile.allow_alerts else "trust"
        raise UnsupportedOperation(
            f"{argument}: the {family} modules have no CAs of their own: give cacert", family=family
        )
