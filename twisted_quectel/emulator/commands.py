"""The seam between the line discipline and the commands.

A handler is given a L{Call} and gives an L{Outcome}, at once or as a coroutine.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import wraps
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

from twisted.internet.defer import Deferred

from ..at.syntax import Field, split_fields

if TYPE_CHECKING:
    from .basemodule import Module
    from .port import Port

#: V.250 chapter 5.4.2.2: a string stands between two quotes.
_FIELDS: Final = re.compile(rb' *(?:"[^"]*" *|[^",]*)(?:, *(?:"[^"]*" *|[^",]*))*')
#: They look like commands of the SSL and TCP/IP notes, and are none or tell of these.
_UNEXPLAINED: Final = ("+QIGETERROR", "+QINISTAT")
_EXPLAINED: Final = ("+QSS", "+QI", "+QPING", "+QNTP")


class Form(Enum):
    """The forms of a command (LTE SSL Application Note chapter 2.1.2)."""

    EXECUTE = "execute"
    READ = "read"
    TEST = "test"
    WRITE = "write"


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a command ended.

    @ivar text: the final result; empty for none (it was told already).
    @ivar code: its digit with C{ATV0}, where it has one.
    @ivar cme: number of a C{+CME ERROR}, shown as C{AT+CMEE} says.
    """

    text: str
    code: int | None = None
    cme: int | None = None


OK = Outcome("OK", 0)
ERROR = Outcome("ERROR", 4)
CONNECT = Outcome("CONNECT", 1)
NO_CARRIER = Outcome("NO CARRIER", 3)
SEND_OK = Outcome("SEND OK")
SEND_FAIL = Outcome("SEND FAIL")
SILENT = Outcome("")


def cme(number: int) -> Outcome:
    """Give the outcome C{+CME ERROR: <number>}."""
    return Outcome("ERROR", 4, number)


@dataclass(frozen=True, slots=True)
class Parsed:
    """One command of a command line.

    @ivar name: upper case, with its C{+} or C{&}; without C{AT}.
    @ivar raw: the bytes behind C{=}, or the digits of a basic command.
    """

    name: str
    form: Form
    raw: bytes


M = TypeVar("M", bound="Module", covariant=True)


class Call(Generic[M]):
    """One execution of a command on a port of a module of some family."""

    __slots__ = ("command", "fields", "form", "module", "name", "port", "raw")

    def __init__(self, module: M, port: Port, command: Parsed) -> None:
        self.module = module
        self.port = port
        self.command = command
        self.name = command.name
        self.form = command.form
        self.raw = command.raw
        self.fields: tuple[Field, ...] = (
            split_fields(command.raw) if command.form is Form.WRITE else ()
        )

    @property
    def explained(self) -> bool:
        """Whether C{AT+QIGETERROR} gives the result of such a command (chapter 5)."""
        return self.name.startswith(_EXPLAINED) and self.name not in _UNEXPLAINED

    def well_formed(self) -> bool:
        """Whether each parameter that begins with a quote ends with the next."""
        return b'"' not in self.raw or _FIELDS.fullmatch(self.raw) is not None

    def info(self, text: str) -> None:
        """Answer an information line."""
        if "no_space_after_colon" in self.module.quirks:
            text = text.replace(": ", ":", 1)
        self.port.interpreter.info(text.encode("utf-8"))

    def block(self, header: str, data: bytes) -> None:
        """Answer an information line with counted bytes behind it."""
        self.port.interpreter.info(b"%b\r\n%b" % (header.encode("ascii"), data))

    def fail(self, code: int) -> Outcome:
        """End in C{ERROR} and leave the reason to C{AT+QIGETERROR} (chapter 5)."""
        self.module.last_error = code
        return ERROR

    def integer(self, index: int, allowed: range, default: int | None = None) -> int | None:
        """Give a numeric parameter within its range.

        @return: C{default} if it is absent; L{None} if it is not a plain
            number or lies outside.
        """
        if index >= len(self.fields):
            return default
        field = self.fields[index]
        if field.quoted or not field.text.isdigit():
            return None
        value = field.integer()
        return value if value is not None and value in allowed else None

    def string(self, index: int, longest: int = 255) -> str | None:
        """Give a quoted parameter; L{None} if it is absent, bare or too long."""
        if index >= len(self.fields):
            return None
        field = self.fields[index]
        if not field.quoted or len(field.text) > longest:
            return None
        return field.string()


N = TypeVar("N", bound="Module")
Handler = Callable[[Call[N]], Outcome | Coroutine["Deferred[Any]", Any, Outcome]]


class CommandSet(dict[str, Handler[N]]):
    """Handlers by command name, for modules of some family."""

    def __init__(self, handlers: Mapping[str, Handler[N]] = {}, refusal: Outcome = ERROR) -> None:
        """
        @param refusal: how a write form ends whose parameters are none.
        """
        super().__init__(handlers)
        self._refusal = refusal

    def add(self, *names: str, most: int | None = None) -> Callable[[Handler[N]], Handler[N]]:
        """Register the decorated handler under C{names}.

        @param most: the most parameters that its write form takes; L{None}
            if the handler counts them.
        """

        def register(handler: Handler[N]) -> Handler[N]:
            @wraps(handler)
            def checked(call: Call[N]) -> Outcome | Coroutine[Deferred[Any], Any, Outcome]:
                surplus = most is not None and len(call.fields) > most
                if call.name[0] == "+" and (surplus or not call.well_formed()):
                    return call.fail(552) if call.explained else self._refusal
                return handler(call)

            for name in names:
                self[name] = checked
            return handler

        return register


def parse_line(body: bytes) -> list[Parsed] | None:
    """Take a command line apart, without its C{AT} (V.250 chapters 5.3 and 5.4).

    @return: its commands; L{None} if it is none.
    """
    commands: list[Parsed] = []
    position, end = 0, len(body)
    while position < end:
        head = body[position : position + 1]
        if head in b" ;":
            position += 1
        elif head in b"+*^%$#":
            stop = _end_of_extended(body, position)
            parsed = _extended(body[position:stop].strip())
            if parsed is None:
                return None
            commands.append(parsed)
            position = stop + 1
        else:
            length, basic = _basic(body, position)
            if basic is None:
                return None
            commands.append(basic)
            position += length
    return commands


def _end_of_extended(body: bytes, position: int) -> int:
    quoted = False
    for index in range(position, len(body)):
        byte = body[index]
        if byte == 0x22:
            quoted = not quoted
        elif byte == 0x3B and not quoted:
            return index
    return len(body)


def _extended(text: bytes) -> Parsed | None:
    name, equals, rest = text.partition(b"=")
    if not equals:
        if name.endswith(b"?"):
            name, form = name[:-1], Form.READ
        else:
            form = Form.EXECUTE
    elif rest == b"?":
        form = Form.TEST
        rest = b""
    else:
        form = Form.WRITE
    if not name[1:].isalnum() or not name.isascii() or len(name) > 32:
        return None
    return Parsed(name.decode("ascii").upper(), form, rest)


def _basic(body: bytes, position: int) -> tuple[int, Parsed | None]:
    """Take one basic command: a letter, C{&} and a letter, or an S-parameter."""
    start = position
    if body[position : position + 1] == b"&":
        position += 1
    letter = body[position : position + 1]
    if not letter.isalpha():
        return 0, None
    position += 1
    name = body[start:position].decode("ascii").upper()
    digits = position
    while body[position : position + 1].isdigit():
        position += 1
    if name == "D":  # a dial string takes the rest
        return len(body) - start, Parsed("D", Form.WRITE, body[digits:])
    number = body[digits:position]
    if len(number) > 5:
        return 0, None
    if name == "S":
        return _s_parameter(body, start, position, number)
    if body[position : position + 1] == b"?":
        return position + 1 - start, Parsed(name, Form.READ, number)
    return position - start, Parsed(name, Form.EXECUTE, number)


def _s_parameter(
    body: bytes, start: int, position: int, number: bytes
) -> tuple[int, Parsed | None]:
    name = f"S{int(number or b'0')}"
    mark = body[position : position + 1]
    if mark == b"?":
        return position + 1 - start, Parsed(name, Form.READ, b"")
    if mark != b"=":
        return 0, None
    position += 1
    if body[position : position + 1] == b"?":
        return position + 1 - start, Parsed(name, Form.TEST, b"")
    digits = position
    while body[position : position + 1].isdigit():
        position += 1
    if position == digits or position - digits > 5:
        return 0, None
    return position - start, Parsed(name, Form.WRITE, body[digits:position])
