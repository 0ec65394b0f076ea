"""Faults as they are written on a command line: C{NAME} or C{NAME:KEY=VALUE,...}."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from ..arguments import suggestion
from ..emulator import FAULTS, QUIRKS, Fault
from .running import CommandError


def read_fault(text: str) -> Fault:
    """Make a fault.

    @raise CommandError: for a name or key that nobody knows, or a value that
        does not fit.
    """
    name, _, rest = text.partition(":")
    if name not in FAULTS:
        raise CommandError(
            f"--fault: there is no {name!r}{suggestion(name, FAULTS)} (--list shows all)"
        )
    defaults = {item.name: item.default for item in fields(FAULTS[name])}
    values: dict[str, Any] = {}
    for pair in filter(None, rest.split(",")):
        key, _, value = pair.partition("=")
        if key not in defaults:
            listed = ", ".join(defaults) or "none"
            raise CommandError(f"--fault: {name} has no {key!r} (it has: {listed})")
        values[key] = _read_like(f"{name}:{key}", defaults[key], value)
    return FAULTS[name](**values)


def _read_like(what: str, default: object, text: str) -> object:
    """Read a value of the default's type."""
    if isinstance(default, bool):
        if text not in ("0", "1"):
            raise CommandError(f"--fault: {what} must be 0 or 1, not {text!r}")
        return text == "1"
    if isinstance(default, (int, float)):
        try:
            return type(default)(text)
        except ValueError:
            raise CommandError(f"--fault: {what} must be a number, not {text!r}") from None
    return text


def read_quirk(name: str) -> str:
    """Check the name of a quirk."""
    if name not in QUIRKS:
        raise CommandError(
            f"--quirk: there is no {name!r}{suggestion(name, QUIRKS)} (--list shows all)"
        )
    return name


def describe_fault(kind: type[Fault]) -> tuple[str, str]:
    """Give a fault with its keys and defaults, and what it does."""
    keys = ",".join(f"{item.name}={_write(item.default)}" for item in fields(kind))
    summary = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split("\n@")[0]
    text = " ".join(summary.replace("C{", "").replace("}", "").split())
    return (f"{kind.name}:{keys}" if keys else kind.name), text


def _write(value: object) -> str:
    return str(int(value)) if isinstance(value, bool) else str(value)


def describe_all() -> Iterator[str]:
    """Give the lines of C{--list}."""
    yield "Quirks: what firmware does differently (--quirk NAME)"
    for name, text in QUIRKS.items():
        yield f"  {name}"
        yield f"      {text}"
    yield ""
    yield "Faults: what goes wrong (--fault NAME or NAME:KEY=VALUE,...; with the defaults)"
    for kind in FAULTS.values():
        name, text = describe_fault(kind)
        yield f"  {name}"
        yield f"      {text}"
