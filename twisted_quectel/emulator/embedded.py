"""The module behind C{device=emulator}: one for each reactor and model."""

from __future__ import annotations

from typing import Any, cast
from weakref import WeakKeyDictionary

from twisted.internet.interfaces import IReactorTime

from .basemodule import Module
from .models import EMULATED, create_module
from .network import ReactorNetwork

_modules: WeakKeyDictionary[Any, dict[str, Module]] = WeakKeyDictionary()


def embedded(reactor: IReactorTime, model: str = "EC25") -> Module:
    """Give the embedded module; a new one if the last was closed.

    @param reactor: what it runs on; its connections go through it, too.
    @param model: one of L{EMULATED}.
    @raise ValueError: for a model that nobody knows.
    """
    if model not in EMULATED:
        raise ValueError(f"model: {model!r} is not one of {', '.join(EMULATED)}")
    modules = _modules.setdefault(reactor, {})
    if model not in modules or modules[model].closed:
        network = ReactorNetwork(cast(Any, reactor))
        modules[model] = create_module(reactor, network=network, model=model)
    return modules[model]
