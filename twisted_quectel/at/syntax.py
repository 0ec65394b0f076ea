"""The syntax of AT command lines and information responses.

Builds command lines from values, never from text, and takes both command
parameters and information responses apart.  Follows ITU-T V.250 chapters 5.2
to 5.7 and 3GPP TS 27.007 chapter 4.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Stands in for a secret wherever text is shown to people.
REDACTED: Final = "***"

_BARE = re.compile(r"[0-9A-Za-z+*#./:_-]*")
_PRINTABLE = re.compile(rb"[ -~]*")
_NAME = re.compile(r"[A-Z0-9+&%$^*]{1,24}")
_BASIC = re.compile(r"(?:&?[A-Z]\d{0,4}|S\d{1,3}=\d{1,3})*")
_PREFIX = re.compile(rb"\s*([+^*%][A-Za-z][A-Za-z0-9 ]{0,30}?)\s*:[ \t]*")


class InvalidValue(ValueError):
    """A value cannot be written into an AT command.

    @ivar argument: what the value was meant for, as the user knows it.
    """

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"{argument}: {problem}")
        self.argument = argument
        self.problem = problem


@dataclass(frozen=True)
class Bare:
    """A value that is written without quotes, such as C{0XC02F}."""

    text: str


@dataclass(frozen=True)
class Secret:
    """A quoted string that is never shown: PIN, password, key."""

    text: str

    def __repr__(self) -> str:
        return f"Secret({REDACTED})"


class _Omitted:
    """The type of L{OMITTED}."""

    def __repr__(self) -> str:
        return "OMITTED"


#: A parameter left out between two commas.
OMITTED: Final = _Omitted()

Value = int | str | Bare | Secret | _Omitted


@dataclass(frozen=True)
class CommandText:
    """A command without its C{AT} and line end.

    @ivar wire: what is sent; it may hold secrets and is kept out of C{repr}.
    @ivar shown: the same for people, secrets replaced.
    @ivar secrets: what was replaced, so that an echo can be redacted too.
    """

    wire: bytes
    shown: str
    secrets: tuple[bytes, ...] = ()

    def __repr__(self) -> str:
        return f"CommandText({self.shown!r})"


def check_text(argument: str, text: str) -> str:
    """Refuse a string that could end its quotes or its command line.

    @param argument: the name under which the user knows the value.
    @return: C{text}, unchanged.
    @raise InvalidValue: if it holds a double quote, a control character
        (CR, LF, NUL, Ctrl-Z, ESC...) or a character that is not ASCII.
    """
    for character in text:
        if character == '"':
            raise InvalidValue(argument, "a double quote is not allowed in it")
        if character < " " or character == "\x7f":
            raise InvalidValue(
                argument, f"the control character 0x{ord(character):02X} is not allowed in it"
            )
        if character > "~":
            raise InvalidValue(
                argument, f"the character U+{ord(character):04X} is not allowed in it; use ASCII"
            )
    return text


def _render(argument: str, value: Value) -> tuple[str, str]:
    """Give a value as it is sent and as it is shown."""
    if isinstance(value, bool):
        return ("1", "1") if value else ("0", "0")
    if isinstance(value, int):
        return str(value), str(value)
    if isinstance(value, str):
        text = f'"{check_text(argument, value)}"'
        return text, text
    if isinstance(value, Bare):
        if not _BARE.fullmatch(value.text):
            raise InvalidValue(argument, f"{value.text!r} cannot be sent without quotes")
        return value.text, value.text
    if isinstance(value, Secret):
        try:
            return f'"{check_text(argument, value.text)}"', f'"{REDACTED}"'
        except InvalidValue as e:
            # the message may name a character, but never the secret around it
            raise InvalidValue(argument, e.problem) from None
    return "", ""


def write_form(name: str, *values: Value, arguments: tuple[str, ...] = ()) -> CommandText:
    """Build C{name=value,value...}.

    @param name: the command with its C{+}, such as C{+QSSLCFG}.
    @param arguments: what each value is called when one has to be refused.
    @raise InvalidValue: if a value cannot be sent.
    """
    _check_name(name)
    wire: list[str] = []
    shown: list[str] = []
    secrets: list[bytes] = []
    for index, value in enumerate(values):
        argument = (
            arguments[index] if index < len(arguments) else f"parameter {index + 1} of {name}"
        )
        sent, seen = _render(argument, value)
        wire.append(sent)
        shown.append(seen)
        if isinstance(value, Secret) and value.text:
            secrets.append(value.text.encode("ascii"))
    return CommandText(
        f"{name}={','.join(wire)}".encode("ascii"), f"{name}={','.join(shown)}", tuple(secrets)
    )


def execute_form(name: str) -> CommandText:
    """Build the command without parameters."""
    _check_name(name)
    return CommandText(name.encode("ascii"), name)


def basic_form(text: str) -> CommandText:
    """Build basic commands, such as C{&C1&D1S12=50} (V.250 chapters 5.3 and 5.4)."""
    if not _BASIC.fullmatch(text):
        raise InvalidValue("command", f"{text!r} is not a run of basic commands")
    return CommandText(text.encode("ascii"), text)


def read_form(name: str) -> CommandText:
    """Build C{name?}."""
    _check_name(name)
    return CommandText(name.encode("ascii") + b"?", name + "?")


def test_form(name: str) -> CommandText:
    """Build C{name=?}."""
    _check_name(name)
    return CommandText(name.encode("ascii") + b"=?", name + "=?")


def join(*texts: CommandText) -> CommandText:
    """Put several extended commands on one line (V.250 chapter 5.2.3)."""
    return CommandText(
        b";".join(text.wire for text in texts),
        ";".join(text.shown for text in texts),
        tuple(secret for text in texts for secret in text.secrets),
    )


def _check_name(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise InvalidValue("command", f"{name!r} is not the name of an AT command")


@dataclass(frozen=True, slots=True)
class Field:
    """One parameter of a command or of an information response.

    @ivar text: its bytes, without the quotes.
    @ivar quoted: whether it stood in quotes.
    """

    text: bytes
    quoted: bool = False

    def integer(self) -> int | None:
        """Give a decimal or C{0x} number (at most 18 characters, so below 2 to the 64th)."""
        text = self.text.strip()
        if not text or len(text) > 18:
            return None
        digits = text[1:] if text[:1] in (b"-", b"+") else text
        if digits.isdigit():
            return int(text)
        if digits[:2].lower() == b"0x":
            try:
                return int(digits[2:], 16)
            except ValueError:
                return None
        return None

    def string(self) -> str:
        """Give the text; what is not ASCII is shown as C{\\xhh}."""
        return self.text.decode("ascii", "backslashreplace")


def split_fields(data: bytes) -> tuple[Field, ...]:
    """Take a comma-separated list apart.

    Commas in quotes do not separate.  Blanks around a field are dropped.  A
    quote that is never closed takes the rest.  Empty input has no fields.
    """
    if not data.strip():
        return ()
    if b'"' not in data:
        return tuple(Field(part.strip()) for part in data.split(b","))
    fields: list[Field] = []
    position, end = 0, len(data)
    while True:
        while position < end and data[position] in b" \t":
            position += 1
        if position < end and data[position] == 0x22:
            close = data.find(b'"', position + 1)
            if close < 0:
                fields.append(Field(data[position + 1 :], True))
                return tuple(fields)
            comma = data.find(b",", close + 1)
            stop = end if comma < 0 else comma
            # what stands between the closing quote and the comma has no meaning
            fields.append(Field(data[position + 1 : close], True))
        else:
            comma = data.find(b",", position)
            stop = end if comma < 0 else comma
            fields.append(Field(data[position:stop].strip()))
        if comma < 0:
            return tuple(fields)
        position = stop + 1


@dataclass(frozen=True, slots=True)
class InfoLine:
    """An information response or URC: C{+NAME: field,field}.

    @ivar prefix: upper-case name with its C{+}, or C{""} for a bare line.
    @ivar fields: what stands behind the colon, taken apart.
    @ivar rest: what stands behind the colon, as it came.
    """

    prefix: str
    fields: tuple[Field, ...]
    rest: bytes

    def integer(self, index: int) -> int | None:
        """Give a field as a number; L{None} if it is absent or is none."""
        if index < len(self.fields):
            return self.fields[index].integer()
        return None

    def string(self, index: int) -> str | None:
        """Give a field as text; L{None} if it is absent."""
        if index < len(self.fields):
            return self.fields[index].string()
        return None


def printable(data: bytes) -> str:
    """Give text for people; what is no printable ASCII is shown as C{\\xhh}."""
    if _PRINTABLE.fullmatch(data):
        return data.decode("ascii")
    return "".join(chr(byte) if 32 <= byte < 127 else f"\\x{byte:02x}" for byte in data)


def prefix_of(line: bytes) -> str:
    """Give the upper-case prefix of a line, or C{""}.

    Blanks before the colon, and one inside the prefix (C{+IP ERROR:}), occur.
    """
    match = _PREFIX.match(line)
    return match.group(1).decode("ascii").upper() if match else ""


def parse_info(line: bytes) -> InfoLine:
    """Take a line apart.  Any input gives an L{InfoLine}; none raises."""
    match = _PREFIX.match(line)
    if match is None:
        return InfoLine("", split_fields(line), line)
    rest = line[match.end() :]
    return InfoLine(match.group(1).decode("ascii").upper(), split_fields(rest), rest)
