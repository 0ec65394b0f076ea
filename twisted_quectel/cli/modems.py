"""The modem that a command line means."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Mapping
from typing import Any, Final

from ..at import InvalidValue
from ..modem import Modem, getModem
from ..modemfile import choose
from .words import UsageError

#: What a modem of the modem file has by itself.
_OF_THE_DEVICE: Final = ("model", "baudrate", "apn")


def check_modem_options(arguments: Namespace) -> None:
    """Refuse what does not go together.

    @raise UsageError: naming the option.
    """
    if arguments.device and arguments.modem:
        raise UsageError("--modem: give it or --device, not both")
    for name in _OF_THE_DEVICE:
        if getattr(arguments, name) and not arguments.device:
            raise UsageError(f"--{name}: goes together with --device")


def as_option(problem: InvalidValue, names: Mapping[str, str]) -> str:
    """Say what is wrong with the name that the option has here.

    @param names: the options whose names are not those of the arguments.
    """
    argument = problem.argument
    name = names.get(argument, argument if argument in names.values() else f"--{argument}")
    return f"{name}: {problem.problem}"


def modem_of(reactor: Any, arguments: Namespace) -> Modem:
    """Give the modem that is meant.

    @raise UsageError: if there is none, or something is wrong with its description.
    """
    device = {
        name: str(value)
        for name in ("device", *_OF_THE_DEVICE)
        if (value := getattr(arguments, name)) is not None
    }
    try:
        return getModem(reactor, choose(arguments.modem, device))
    except InvalidValue as e:
        raise UsageError(as_option(e, {"dataDevices": "--device"})) from None
