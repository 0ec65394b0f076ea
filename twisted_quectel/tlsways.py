"""Who does TLS, and whom it trusts: C{tls=module|host|auto} and C{trust=discover}.

What the host would do less strictly than the module was told to, or cannot do at all, is
refused by name when the string is parsed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from .arguments import read_choice
from .at.syntax import InvalidValue
from .commonarguments import given_of, optional_integer
from .hosttls import HostTLS
from .modemprofile import ModemProfile
from .pem import MODULE_PREFIX, PEM, ModuleFile
from .profiles import TLS_ARGUMENTS, TLSProfile, merge_arguments
from .tables.lte import SSL_CONTEXT_IDS

#: Which of the module's stacks does TLS.
STACKS: Final = ("ssl", "https")
WAYS: Final = ("module", "host", "auto")
TRUSTS: Final = ("discover", "module")

#: What the host's TLS has too; C{verify=peer} and C{identity} it cannot do without.
_OF_THE_HOST: Final = ("cacert", "clientCert", "clientKey", "alpn", "verify", "identity")
#: What a discovered root takes the place of.
_TRUSTED: Final = ("cacert", "cacertex", "verify")
#: What says whom to trust.
_JUDGES: Final = ("cacert", "psk", "trust", "allowAlerts")
#: Why the HTTPS stack is not taken for one that verifies.
VERIFIES_NOBODY: Final = "a module's HTTPS stack verifies nobody: with {} say {} if that will do"
#: Stands for a root that is not known yet.
UNKNOWN_ROOT: Final = ModuleFile("discovered")


@dataclass(frozen=True)
class Ways:
    """How a connection is secured; see L{EndpointArguments<twisted_quectel.strings>}."""

    tls: TLSProfile | None
    ctx: int | None
    way: str
    host_tls: HostTLS | None
    discover: bool
    stack: str = "ssl"


def read_ways(modem: ModemProfile, host: str, given: Mapping[str, str | None]) -> Ways:
    """Read the TLS arguments of C{quectelssl:}.

    They go over the defaults of the modem file.  With C{ctx} and none of them in the
    string, the SSL context is used as it is provisioned.

    @raise InvalidValue: naming the argument that is wrong.
    """
    way = read_choice("tls", given["tls"], WAYS)
    ctx = optional_integer("ctx", given.get("ctx"), SSL_CONTEXT_IDS)
    trust = given.get("trust")
    own = given_of(given, TLS_ARGUMENTS)
    discover = trust is not None and read_choice("trust", trust, TRUSTS) == "discover"
    if discover:
        del own["trust"]
    if read_choice("stack", given["stack"], STACKS) == "https":
        _check_https(way, ctx, discover)
        merged = merge_arguments(modem.tls, own)
        if merged.get("verify") != "none":
            raise InvalidValue("verify", VERIFIES_NOBODY.format("stack=https", "verify=none"))
        return Ways(TLSProfile.from_arguments(merged), None, way, None, False, "https")
    if way == "host":
        return Ways(None, None, way, _on_the_host(modem, host, ctx, discover, own), False)
    if discover:
        _check_discovery(own)
    if ctx is not None and not own and not discover:
        if way == "auto":
            raise InvalidValue(
                "ctx",
                "tls=auto has to know what the server is verified with: give cacert beside it",
            )
        check_provisioned(modem, ctx)
        if modem.is_for_datagrams(ctx):
            raise InvalidValue(
                "ctx", f"contexts.{ctx} of the modem sets dtls, which is only for datagrams"
            )
        return Ways(None, ctx, way, None, False)
    profile = _profile(modem, own, discover)
    host_tls = None if way == "module" else host_tls_like(host, profile, discover)
    return Ways(profile, ctx, way, host_tls, discover)


def _check_https(way: str, ctx: int | None, discover: bool) -> None:
    """Refuse what goes with no HTTPS stack.

    @raise InvalidValue: naming the argument.
    """
    if way != "module":
        raise InvalidValue("stack", f"https is TLS of the module's: leave it out with tls={way}")
    if discover:
        raise InvalidValue("trust", "discover cannot be had with stack=https: it verifies nobody")
    if ctx is not None:
        raise InvalidValue("ctx", "the HTTPS stack has no SSL contexts: leave it out")


def check_provisioned(modem: ModemProfile, ctx: int) -> None:
    """Refuse an SSL context that is provisioned to verify nobody.

    @raise InvalidValue: if the modem file says so of it.
    """
    provisioned = modem.contexts.get(ctx)
    if provisioned is None or provisioned.security_level > 0 or provisioned.psk is not None:
        return
    raise InvalidValue(
        "ctx",
        f"contexts.{ctx} of the modem {modem.name} has verify=none, and what is used as it is "
        "provisioned has to verify the server: give it a cacert there, or say verify=none "
        "beside ctx",
    )


def _profile(modem: ModemProfile, own: Mapping[str, str], discover: bool) -> TLSProfile:
    """Make the module's TLS settings."""
    defaults, given = dict(modem.tls), dict[str, object](own)
    if discover:
        defaults = {name: value for name, value in defaults.items() if name not in _TRUSTED}
        given["cacert"] = UNKNOWN_ROOT
    profile = TLSProfile.from_arguments(own_trust(modem, merge_arguments(defaults, given)))
    if profile.dtls:
        raise InvalidValue("dtls", "the modem file sets it, and it is only for datagrams")
    if discover and profile.psk is not None:
        raise InvalidValue("trust", "with a PSK there is no certificate whose root could be found")
    return profile


def own_trust(modem: ModemProfile, arguments: Mapping[str, object]) -> dict[str, object]:
    """Leave the judgement to a module that is known to have CAs of its own.

    @param arguments: what was given, in camelCase; where it says whom to trust, that holds.
    """
    given = dict(arguments)
    if given.get("verify", "peer") == "peer" and given.keys().isdisjoint(_JUDGES):
        # not above: every string of any client loads this module
        from .families import judges_by_itself

        if judges_by_itself(modem.model):
            given["trust"] = "module"
    return given


def _check_discovery(own: Mapping[str, str]) -> None:
    for name in ("cacert", "cacertex"):
        if name in own:
            raise InvalidValue(
                name, "with trust=discover the root is found out: give the one or the other"
            )
    if own.get("verify") == "none":
        raise InvalidValue("verify", "none cannot be had with trust=discover, which verifies")


def _on_the_host(
    modem: ModemProfile, host: str, ctx: int | None, discover: bool, own: Mapping[str, str]
) -> HostTLS:
    """Make the host's settings where it alone does TLS."""
    beside = [*(["ctx"] if ctx is not None else []), *own]
    for name in beside:
        if name not in _OF_THE_HOST:
            raise InvalidValue(name, "only the module's TLS has it: leave it out with tls=host")
    if discover:
        raise InvalidValue(
            "trust", "it is for the module; tls=host trusts what the system trusts, or cacert"
        )
    if "verify" in own and read_choice("verify", own["verify"], ("peer", "none")) == "none":
        raise InvalidValue("verify", "none cannot be had with tls=host, which always verifies")
    if "identity" in own:
        read_choice("identity", own["identity"], ("prefer", "require"))
    merged = merge_arguments(modem.tls, own)
    if "psk" in merged and "cacert" not in merged:
        raise InvalidValue(
            "cacert", "the PSK of the modem file is of no use to tls=host: give the server's CA"
        )
    if "cacertex" in merged:
        raise InvalidValue(
            "cacertex", "the modem file sets it: with tls=host give one cacert with all CAs"
        )
    values: dict[str, Any] = {name: merged[name] for name in _OF_THE_HOST[:4] if name in merged}
    for name, value in values.items():
        _check_at_hand(name, value, "tls=host")
    # the module's empty name means none
    if not values.get("alpn", "-") and "alpn" not in own:
        del values["alpn"]
    return HostTLS.from_arguments(host, values)


def _check_at_hand(name: str, value: object, way: str) -> None:
    """Refuse a file that the host cannot read."""
    if isinstance(value, ModuleFile) or str(value).startswith(MODULE_PREFIX):
        raise InvalidValue(
            name, f"is a file on the module, which {way} cannot read: give a PEM file"
        )


def host_tls_like(host: str, profile: TLSProfile, discover: bool = False) -> HostTLS:
    """Make the host's settings of the module's, so that it trusts nobody else.

    @param discover: whether the module's root was found out, by what the system trusts.
    @raise InvalidValue: naming the setting that the host does not have.
    """
    if profile.psk is not None:
        raise InvalidValue("psk", "the host's TLS has none: leave it out with tls=auto")
    if profile.cacert is None and profile.trust != "module":
        raise InvalidValue("verify", "none cannot be had with tls=auto: the host always verifies")
    if profile.sni is False:
        raise InvalidValue(
            "sni", "the host's TLS always sends the name: leave it out with tls=auto"
        )
    sources = {
        "cacert": None if discover else profile.cacert,
        "cacertex": profile.cacertex,
        "clientCert": profile.client_cert,
        "clientKey": profile.client_key,
    }
    given: dict[str, str | PEM] = {}
    for name, source in sources.items():
        _check_at_hand(name, source, "tls=auto")
        if isinstance(source, PEM):
            given[name] = source
    second = given.pop("cacertex", None)
    if profile.alpn:
        given["alpn"] = profile.alpn
    settings = HostTLS.from_arguments(host, given)
    if isinstance(second, PEM) and settings.cacert is not None:
        settings = replace(settings, cacert=(*settings.cacert, second.data))
    return settings
