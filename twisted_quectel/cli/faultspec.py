"""Faults as they are written on a command line: C{NAME} or C{NAME:KEY=VALUE,...}.

A comma within a value has a backslash in front of it, and so has a backslash.
"""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, Final

from ..arguments import suggestion
from ..emulator import ALL_QUIRKS, FAULTS, Fault
from .words import UsageError

_PAIR: Final = re.compile(r"(?:[^,\\]|\\.|\\$)+")
_ESCAPED: Final = re.compile(r"\\(.)")


def read_fault(text: str) -> Fault:
    """Make a fault.

    @raise UsageError: for a name or key that nobody knows, or a value that
        does not fit.
    """
    name, _, rest = text.partition(":")
    if name not in FAULTS:
        raise UsageError(
            f"--fault: there is no {name!r}{suggestion(name, FAULTS)} (--list shows all)"
        )
    defaults = {item.name: item.default for item in fields(FAULTS[name])}
    values: dict[str, Any] = {}
    for pair in _split(rest):
        key, _, value = pair.partition("=")
        if key not in defaults:
            listed = ", ".join(defaults) or "none"
            raise UsageError(f"--fault: {name} has no {key!r} (it has: {listed})")
        values[key] = _read_like(f"{name}:{key}", defaults[key], value)
    return FAULTS[name](**values)


def _split(text: str) -> list[str]:
    """Split at commas; one that is part of a value has a backslash in front."""
    return [_ESCAPED.sub(r"\1", pair.group()) for pair in _PAIR.finditer(text) if pair.group()]


def _read_like(what: str, default: object, text: str) -> object:
    """Read a value of the default's type; numbers are counts and times, so none is negative."""
    if isinstance(default, bool):
        if text not in ("0", "1"):
            raise UsageError(f"--fault: {what} must be 0 or 1, not {text!r}")
        return text == "1"
    if isinstance(default, (int, float)):
        try:
            number = type(default)(text)
        except ValueError:
            number = type(default)(-1)
        if not 0 <= number < math.inf:
            raise UsageError(f"--fault: {what} must be a number, 0 or more, not {text!r}")
        return number
    return text


def read_quirk(name: str) -> str:
    """Check the name of a quirk."""
    if name not in ALL_QUIRKS:
        raise UsageError(
            f"--quirk: there is no {name!r}{suggestion(name, ALL_QUIRKS)} (--list shows all)"
        )
    return name


def describe_fault(kind: type[Fault]) -> tuple[str, str]:
    """Give a fault with its keys and defaults, and what it does."""
    keys = ",".join(f"{item.name}={_write(item.default)}" for item in fields(kind))
    summary = inspect.cleandoc(kind.__doc__ or "").split("\n\n")[0].split("\n@")[0]
    text = " ".join(summary.replace("C{", "").replace("}", "").split())
    return (f"{kind.name}:{keys}" if keys else kind.name), text


def _write(value: object) -> str:
    return escape(str(int(value)) if isinstance(value, bool) else str(value))


def escape(text: str) -> str:
    """Write a value so that its commas are part of it."""
    return text.replace("\\", "\\\\").replace(",", "\\,")


def describe_all() -> Iterator[str]:
    """Give the lines of C{--list}."""
    yield "Quirks: what firmware does differently (--quirk NAME)"
    for name, text in ALL_QUIRKS.items():
        yield f"  {name}"
        yield f"      {text}"
    yield ""
    yield "Faults: what goes wrong (--fault NAME or NAME:KEY=VALUE,...; with the defaults)"
    for kind in FAULTS.values():
        name, text = describe_fault(kind)
        yield f"  {name}"
        yield f"      {text}"
