"""C{quectel trust}: what a server is verified by, and what of the module's TLS it accepts."""

from __future__ import annotations

from argparse import Namespace
from contextlib import AsyncExitStack
from typing import Any, Final

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509 import Certificate
from twisted.internet.endpoints import quoteStringArgument

from ..arguments import read_host
from ..at import InvalidValue
from ..endpoints import ModuleTCPEndpoint
from ..families import judges_by_itself
from ..hosttls import HostTLS
from ..modem import Modem
from ..pem import MODULE_PREFIX, PEM
from ..profiles import TLSProfile
from ..trust import Anchor, Discovery, Offer
from .modems import as_option, check_modem_options, modem_of
from .running import run, to_the_end
from .tracefile import open_trace
from .words import CommandError, UsageError, say

#: What arguments are called here.
_NAMES: Final = {"host": "HOST:PORT", "clientCert": "--client-cert", "clientKey": "--client-key"}


def run_trust(arguments: Namespace) -> int:
    """Look at a server; give the exit status."""
    check_modem_options(arguments)
    host, port = arguments.server
    try:
        host = read_host("HOST:PORT", host)
        tls = HostTLS.from_arguments(host, _tls_arguments(arguments))
        # a name that no certificate can be for is told now
        tls.options()
    except InvalidValue as e:
        raise UsageError(as_option(e, _NAMES)) from None
    from twisted.internet import reactor

    return run(_trust(reactor, arguments, tls, port), reactor)


def _tls_arguments(arguments: Namespace) -> dict[str, str | PEM]:
    given = {
        "cacert": arguments.cacert,
        "clientCert": arguments.client_cert,
        "clientKey": arguments.client_key,
    }
    return {name: value for name, value in given.items() if value is not None}


async def _trust(reactor: Any, arguments: Namespace, tls: HostTLS, port: int) -> int:
    async with AsyncExitStack() as stack:
        modem = modem_of(reactor, arguments)
        stack.push_async_callback(lambda: to_the_end(modem.close()))
        modem.trace_to(open_trace(arguments.trace, stack))
        name = f"[{tls.host}]:{port}" if ":" in tls.host else f"{tls.host}:{port}"

        def inner() -> ModuleTCPEndpoint:
            return ModuleTCPEndpoint(modem, tls.host, port, timeout=arguments.timeout)

        discovery = Discovery(modem, name, inner, tls, lambda: arguments.timeout)
        anchor = await discovery.verify()
        _tell_chain(name, anchor, arguments.cacert)
        root = anchor.chain[-1].subject.rfc4514_string()
        if modem.info is not None and judges_by_itself(modem.info.model):
            say(f"The module takes no CA, and judges by its own; the root is: {root}")
        else:
            say(f"The module needs the root: {root}")
        say()
        await _tell_offers(discovery, anchor)
        if arguments.save:
            _save(arguments.save, anchor.root)
        if arguments.upload:
            await _upload(modem, anchor.root)
    return 0


def _tell_chain(name: str, anchor: Anchor, cacert: str | None) -> None:
    say(f"{name} is verified by {cacert or 'what the system trusts'}, its name too.")
    say()
    last = len(anchor.chain) - 1
    for number, certificate in enumerate(anchor.chain):
        what = "server" if number == 0 else "root" if number == last else "between"
        say(f"  {what:<9} {certificate.subject.rfc4514_string()}")
        say(f"    issuer  {certificate.issuer.rfc4514_string()}")
        say(f"    valid   {_dates(certificate)}")
        say(f"    SHA-256 {certificate.fingerprint(SHA256()).hex(':').upper()}")
    say()


def _dates(certificate: Certificate) -> str:
    first, last = certificate.not_valid_before_utc, certificate.not_valid_after_utc
    return f"{first:%Y-%m-%d %H:%M} to {last:%Y-%m-%d %H:%M} UTC"


async def _tell_offers(discovery: Discovery, anchor: Anchor) -> None:
    """Try what the module has, and say what came of it."""
    if not discovery.suites:
        say("No document says which versions and suites this module has: none is tried.")
        return
    say("What of the module's TLS it accepts (DTLS is not asked for):")
    accepted: list[Offer] = []
    untried: list[str] = []
    async for offer in discovery.offers():
        if offer.anchor is not None:
            accepted.append(offer)
        name = offer.version if offer.suite is None else f"  {offer.suite.name}"
        if offer.suite is not None and not offer.at_hand:
            untried.append(offer.suite.name)
            continue
        say(f"  {name:<46} {_verdict(offer, anchor)}")
    if not accepted:
        raise CommandError(
            "the module's TLS cannot reach this server: it accepts none of TLS 1.2, 1.1 and 1.0 "
            "with a suite that the module has; use quecteltls:, or tls=auto or tls=host with "
            "quectelssl:"
        )
    say()
    if untried:
        say(
            f"{len(untried)} of the module's {len(discovery.suites)} suites could not be tried, "
            "because this host's OpenSSL does not have them:"
        )
        for name in untried:
            say(f"  {name}")
    else:
        say(f"All of the module's {len(discovery.suites)} suites were tried.")
    say()
    say(f"In the endpoint string: sslVersion={accepted[0].version}")


def _verdict(offer: Offer, anchor: Anchor) -> str:
    if offer.anchor is None:
        return f"not known ({offer.problem})" if offer.open else f"no ({offer.problem})"
    if offer.anchor.root != anchor.root:
        return f"yes, with another root: {offer.anchor.chain[-1].subject.rfc4514_string()}"
    return "yes"


def _save(path: str, root: PEM) -> None:
    try:
        with open(path, "xb") as file:
            file.write(root.data)
    except OSError as e:
        raise CommandError(f"--save: cannot write {path}: {e.strerror}") from None
    say(f"The root is in {path}; in the endpoint string: cacert={quoteStringArgument(path)}")


async def _upload(modem: Modem, root: PEM) -> None:
    """Put the root on the module."""
    session = await modem.session()
    paths = await session.files.paths(TLSProfile(cacert=root))
    path = paths["cacert"]
    say(f"The root is on the module as {path}; in the endpoint string:")
    say(f"  cacert={quoteStringArgument(MODULE_PREFIX + path)}")
