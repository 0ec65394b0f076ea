"""The directive C{from-code}: tables that are read from the code, so that they stay true."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective
from twisted.internet import error

from twisted_quectel import errors
from twisted_quectel.alertvalues import names
from twisted_quectel.cli.faultspec import describe_fault
from twisted_quectel.emulator import ALL_QUIRKS, EMULATED, FAULTS, ModuleSettings, VerdictKind
from twisted_quectel.families.lte.errors import _CLASSES, _HINTS
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.tables.alerts import ALERT_BITS
from twisted_quectel.tables.ciphers import LTE_SUITES
from twisted_quectel.tables.lte import RESULT_CODES

_MARKUP: Final = re.compile(r"([CLIB])\{([^{}]*)\}")
_IVAR: Final = re.compile(r"@ivar (\w+): (.*?)(?=\n@|\Z)", re.DOTALL)
Rows = Iterator[tuple[str, ...]]


def plain(text: str) -> str:
    """Write epytext as reStructuredText."""

    def replace(match: re.Match[str]) -> str:
        return f"``{match[2].partition('<')[0]}``" if match[1] in "CL" else f"*{match[2]}*"

    return " ".join(_MARKUP.sub(replace, text).split())


def quirks() -> Rows:
    """The quirks of the emulator."""
    yield "name", "what it does", "in as_printed"
    tables = [kind.quirk_table for kind in dict.fromkeys(EMULATED.values())]
    printed = frozenset[str]().union(*(table.profiles["as_printed"] for table in tables))
    for name, text in ALL_QUIRKS.items():
        yield f"``{name}``", text, "yes" if name in printed else ""


def faults() -> Rows:
    """The faults of the emulator."""
    yield "name and defaults", "class", "what happens"
    for kind in FAULTS.values():
        name, text = describe_fault(kind)
        yield f"``{name}``", f"``{kind.__name__}``", text


def verdicts() -> Rows:
    """What the emulator judges."""
    yield "kind", "what the host did"
    for kind in VerdictKind:
        yield f"``{kind.name}``", kind.value


def _ivars(cls: type[Any]) -> Rows:
    for name, text in _IVAR.findall(inspect.cleandoc(cls.__doc__ or "")):
        default = next((f.default for f in cls.__dataclass_fields__.values() if f.name == name), "")
        shown = (
            "" if default in ("", None) or not isinstance(default, (str, int, float)) else default
        )
        yield f"``{name}``", plain(text), f"``{shown}``" if shown != "" else ""


def settings() -> Rows:
    """What can be set of an emulated module."""
    yield "setting", "meaning", "default"
    yield from _ivars(ModuleSettings)


def modem() -> Rows:
    """The description of a modem."""
    from twisted_quectel.arguments import camel_case

    yield "key", "meaning", "default"
    for name, text, default in _ivars(ModemProfile):
        if name not in ("``name``", "``tls``", "``contexts``"):
            toml = text.replace("``None``", "left out"), default.replace("``True", "``true")
            yield (
                f"``{camel_case(name.strip('`'))}``",
                toml[0],
                toml[1].replace("``False", "``false"),
            )


def exceptions() -> Rows:
    """The exceptions of the package."""
    yield "class", "caught as", "meaning", "likely causes in order, and what helps"
    for name, cls in vars(errors).items():
        if not (isinstance(cls, type) and issubclass(cls, errors.ModemError)):
            continue
        known = [
            base for base in cls.__mro__ if base.__module__ == error.__name__ or base is ValueError
        ]
        # the nearest ones: who catches these catches it
        bases = [
            base.__name__
            for base in known
            if not any(other is not base and issubclass(other, base) for other in known)
        ]
        yield (
            f"``{name}``",
            ", ".join(f"``{base}``" for base in bases),
            plain((cls.__doc__ or "").split("\n")[0]),
            "; ".join(f"({n}) {cause}" for n, cause in enumerate(cls().causes, 1)),
        )


def codes() -> Rows:
    """The result codes of LTE modules."""
    yield "code", "the document", "class", "what to do"
    for code, text in RESULT_CODES.items():
        if code:
            cls = _CLASSES.get(code, errors.ModemConnectError)
            yield str(code), text, f"``{cls.__name__}``", _HINTS.get(code, "")


def ciphers() -> Rows:
    """The cipher suites of LTE modules."""
    yield "number", "IANA name"
    for suite in LTE_SUITES:
        yield f"``0X{suite.number:04X}``", f"``{suite.name}``"


def alerts() -> Rows:
    """The alerts of SIM52xx modules."""
    yield "bit", "name for ``allowAlerts``", "the document"
    for bit, text in ALERT_BITS.items():
        yield f"``0x{bit:08x}``", f"``{names(bit)}``", text


TABLES: Final[dict[str, Callable[[], Rows]]] = {
    function.__name__: function
    for function in (quirks, faults, verdicts, settings, modem, exceptions, codes, ciphers, alerts)
}


class FromCode(SphinxDirective):
    """C{.. from-code:: NAME}: a table of that name."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Make the table."""
        rows = list(TABLES[self.arguments[0]]())
        lines = [".. list-table::", "   :header-rows: 1", ""]
        for row in rows:
            for index, cell in enumerate(row):
                lines.append(f"   {'* -' if index == 0 else '  -'} {cell}".rstrip())
        source = f"<{self.arguments[0]}>"
        return self._parse(lines, source)

    def _parse(self, lines: list[str], source: str) -> list[nodes.Node]:
        """Parse reStructuredText."""
        container = nodes.Element()
        self.state.nested_parse(StringList(lines, source), self.content_offset, container)
        return list(container.children)


def setup(app: Any) -> dict[str, Any]:
    """Make the directive known."""
    app.add_directive("from-code", FromCode)
    return {"parallel_read_safe": True}
