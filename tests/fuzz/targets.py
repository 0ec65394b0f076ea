"""What must be true of any bytes that a module may send.

A target takes an input and raises if something is not as it has to be; that it
raises nothing else is the first thing that is tested.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from tests.fuzz.porttarget import port
from twisted_quectel.at import Outcome, Response, execute_form, parse_info
from twisted_quectel.at.commands import Command
from twisted_quectel.at.framing import Event, Framer, Kind
from twisted_quectel.at.results import OK, parse_result
from twisted_quectel.at.syntax import InfoLine, prefix_of, printable, split_fields
from twisted_quectel.families import AccessMode, Firmware
from twisted_quectel.families.base import (
    Alerted,
    Closed,
    Confirmed,
    Opened,
    PDPLost,
    Pushed,
    Readable,
    Received,
    TransferEnd,
)
from twisted_quectel.families.gsm import GSMFamily
from twisted_quectel.families.lte import LTEFamily
from twisted_quectel.families.lte.contexts import read_tag
from twisted_quectel.families.nbiot import NBIoTFamily, formats
from twisted_quectel.families.sim52xx import SIM52xxFamily
from twisted_quectel.modem.network import module_time

_MAX_LINE: Final = 48
_MAX_BLOCK: Final = 200
_BLOCK = re.compile(rb"#(\d{1,6})")
_FAMILY: Final = LTEFamily(Firmware("EC25", "EC25EFAR02A09M4G"))
_OTHERS: Final = (
    GSMFamily(Firmware("M95")),
    NBIoTFamily(Firmware("BC660K-GL")),
    SIM52xxFamily(Firmware("SIM5320")),
)


def _block_length(line: bytes) -> int:
    match = _BLOCK.match(line)
    return int(match.group(1)) if match else -len(line)


def _events(pieces: list[bytes], prompts: bool) -> list[Event]:
    """Give what a framer makes of a stream."""
    reader = Framer(_block_length, _MAX_LINE, _MAX_BLOCK)
    events: list[Event] = []
    for piece in pieces:
        reader.feed(piece)
        reader.prompt_due = prompts
        while (event := reader.next_event()) is not None:
            events.append(event)
            if event.data == b"RAW":
                reader.set_raw()
        assert reader.buffered() <= _MAX_LINE + _MAX_BLOCK, reader.buffered()
    return events


def _joined(events: list[Event]) -> list[Event]:
    """Put raw pieces together, which may be cut anywhere."""
    joined: list[Event] = []
    for event in events:
        if joined and event.kind is Kind.RAW is joined[-1].kind:
            joined[-1] = Event(Kind.RAW, joined[-1].data + event.data)
        else:
            joined.append(event)
    return joined


def framer(data: bytes) -> None:
    """The events are the same however a stream is cut, and within their limits."""
    flags, step, stream = data[0:1], data[1:2], data[2:]
    if not step:
        return
    prompts = bool(flags[0] & 1)
    size = step[0] % 61 + 1
    whole = _joined(_events([stream], prompts))
    cut = [stream[start : start + size] for start in range(0, len(stream), size)]
    assert whole == _joined(_events(cut, prompts)), (whole, cut)
    for event in whole:
        if event.kind is not Kind.RAW:
            assert len(event.data) <= _MAX_LINE and len(event.block) <= _MAX_BLOCK
    handed_out = sum(len(event.data) + len(event.block) for event in whole)
    assert handed_out <= len(stream)


def _fields(line: InfoLine) -> None:
    for index, each in enumerate(line.fields):
        number, text = line.integer(index), line.string(index)
        assert number is None or abs(number) < 1 << 64
        assert text is not None and text.isascii()
        assert number == each.integer()
    assert line.integer(len(line.fields)) is None
    assert sum(len(each.text) for each in line.fields) <= len(line.rest)


def syntax(data: bytes) -> None:
    """Lines are taken apart without an error, and give nothing that was not in them."""
    line = data.replace(b"\n", b"")
    info = parse_info(line)
    _fields(info)
    assert info.prefix == prefix_of(line)
    assert info.rest in line and info.prefix.isascii()
    assert len(split_fields(line)) <= line.count(b",") + 1
    assert printable(line).isprintable() or not line
    for send in (False, True):
        result = parse_result(line, send)
        if result is not None:
            assert result.text in line or result.text in (b"OK", b"SEND FAIL")
            assert result.code is None or 0 <= result.code < 10**9
            assert result.describe().isprintable()
            assert send or result.outcome not in (Outcome.SEND_OK, Outcome.SEND_FAIL)
    time = module_time(line.decode("ascii", "replace"))
    assert time is None or time.year < 10000


def urcs(data: bytes) -> None:
    """URCs and answers of the LTE family: ids, lengths and codes are numbers or nothing."""
    line, _, block = data.partition(b"\n")
    event = _FAMILY.read_urc(line, block)
    if isinstance(event, (Readable, Pushed, Closed)):
        assert 0 <= event.id < 1000
        assert not isinstance(event, Pushed) or event.data == block
    elif isinstance(event, Opened):
        assert abs(event.code) < 1 << 64
    elif isinstance(event, PDPLost):
        assert event.pdp is None or abs(event.pdp) < 1 << 64
    assert 0 <= _FAMILY.block_length(line, lambda id: True) <= 4096
    assert _FAMILY.block_length(line, lambda id: False) == 0
    shown = _FAMILY.redact(line)
    assert _FAMILY.redact(shown) == shown
    response = Response(Command(execute_form("+A")), OK, data.split(b"\n"), block)
    for command in (_FAMILY.tls.read_command(1, 1500), _FAMILY.tls.send_command(1, b"x")):
        assert command.block is None or 0 <= command.block(line) < 100000
        command.is_answer(line)
    status = _FAMILY.tls.read_state(response, 0)
    assert status is None or abs(status.id) < 1 << 64
    code = _FAMILY.read_error(response)
    assert code is None or abs(code) < 1 << 64
    _FAMILY.tls.delivery(response)
    error = _FAMILY.tls.open_error(code, "host", 1, "AT+QSSLOPEN", ())
    assert str(error).isprintable()
    for tag in ("seclevel", "renegotiation", "ignoreinvalidcertsign", "psk"):
        values = read_tag(parse_info(line), 1, tag)
        assert values is None or all(value.isascii() for value in values)


def inline(data: bytes) -> None:
    """Lines that bring counted bytes are the same however they are cut, and keep their limits."""
    step, stream = data[0:1], data[1:]
    if not step:
        return
    size = step[0] % 61 + 1
    cut = [stream[start : start + size] for start in range(0, len(stream), size)]
    whole = _inline_events([stream])
    assert whole == _inline_events(cut), (whole, cut)
    for event in whole:
        if event.kind is Kind.BLOCK:
            assert 0 < len(event.block) <= 1400 and event.block in stream
    assert sum(len(event.data) + len(event.block) for event in whole) <= len(stream)


def _inline_events(pieces: list[bytes]) -> list[Event]:
    reader = Framer(lambda line: 0, 4096, 4096)
    reader.inline = lambda start: formats.read_inline(start, services=(3,))
    events: list[Event] = []
    for piece in pieces:
        reader.feed(piece)
        while (event := reader.next_event()) is not None:
            events.append(event)
    return events


def other_urcs(data: bytes) -> None:
    """URCs and answers of the other families: as those of the LTE family."""
    line, _, block = data.partition(b"\n")
    for family in _OTHERS:
        event = family.read_urc(line, block)
        if isinstance(event, (Readable, Pushed, Closed, Confirmed, Received, Alerted)):
            assert 0 <= event.id < 2000
        elif isinstance(event, (Opened, TransferEnd)):
            assert abs(event.code) < 1 << 64
        assert 0 <= family.block_length(line, lambda id: True) <= 65535
        found = family.read_inline(line)
        assert found is None or 0 < found.length <= 4096
        shown = family.redact(line)
        assert family.redact(shown) == shown
        response = Response(Command(execute_form("+A")), OK, data.split(b"\n"), block)
        for dialect in family.dialects:
            for status in dialect.read_states(response):
                assert abs(status.id) < 1 << 64
            dialect.delivery(response)
            dialect.read_data(response)
            bits, code = dialect.suspended(response), dialect.refusal(response)
            assert bits is None or 0 <= bits < 1 << 32
            # 0 would be an open that has succeeded
            assert code is None or (-1 <= code < 1 << 32 and code)
            assert 0 <= dialect.alerts(response) < 1 << 32
            id = (dialect.ids or range(1, 2))[0]
            for command in (
                dialect.send_command(id, b"x"),
                dialect.close_command(id, True),
                dialect.open_command(id, 1, 1, "host", 1, AccessMode.TRANSPARENT, 60.0),
            ):
                command.is_answer(line)
                told = command.later(line) if command.later is not None else None
                assert told is None or told.code is None or abs(told.code) < 10**6
        for number in (None, *range(-10, 0), 552, 566, 134218240):
            error = family.tls.open_error(number, "host", 1, "AT+QSSLOPEN", ())
            assert str(error).isprintable()


#: Every target by its name.
TARGETS: Final[dict[str, Callable[[bytes], None]]] = {
    "framer": framer,
    "syntax": syntax,
    "urcs": urcs,
    "other_urcs": other_urcs,
    "inline": inline,
    "port": port,
}
