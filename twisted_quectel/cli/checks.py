"""What does not go together among the arguments of C{quectel demo}."""

from __future__ import annotations

from argparse import Namespace

from .values import split_url
from .words import UsageError


def check_demo(arguments: Namespace) -> None:
    """Refuse what does not go together.

    @raise UsageError: naming the argument.
    """
    real = arguments.device or arguments.modem
    if arguments.device and arguments.modem:
        raise UsageError("--modem: give it or --device, not both")
    if real and not arguments.url:
        raise UsageError(
            "--url: say which page the module shall fetch, such as --url https://example.org/"
        )
    if arguments.apn and not arguments.device and not arguments.modem:
        raise UsageError("--apn: goes together with --device")
    if arguments.modem:
        for name in ("apn", "baudrate", "model"):
            if getattr(arguments, name):
                raise UsageError(f"--{name}: the modem file says it; leave it out with --modem")
    if real and arguments.latency is not None:
        raise UsageError("--latency: goes together with the emulated module")
    if arguments.url and arguments.size is not None:
        raise UsageError("--size: the page of --url has the size that it has; leave it out")
    if arguments.url:
        _check_host(arguments.url)
    if arguments.cacert and arguments.no_verify:
        raise UsageError("--no-verify: give it or --cacert, not both")
    if not arguments.url:
        for name in ("cacert", "no_verify", "sha256"):
            if getattr(arguments, name):
                raise UsageError(f"--{name.replace('_', '-')}: goes together with --url")
    elif not (arguments.cacert or arguments.no_verify or arguments.modem):
        raise UsageError(
            "--cacert: give the PEM file of the CA that the server's certificate comes from "
            "(a module takes one, no bundle), or --no-verify to talk to anybody"
        )


def _check_host(url: str) -> None:
    """Refuse a URL whose host no module could be told."""
    from ..arguments import read_host
    from ..at import InvalidValue

    try:
        read_host("--url", split_url(url)[0])
    except InvalidValue as e:
        raise UsageError(str(e)) from None
