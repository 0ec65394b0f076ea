"""Certificates and keys: SSL note for GSM modules, chapters 2.2.7 to 2.2.9."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from ...tables.gsm import (
    CME_INVALID_INPUT,
    CME_TIMED_OUT,
    DEFAULT_UPLOAD_TIMEOUT,
    UPLOAD_TIMEOUTS,
)
from ..commands import ERROR, OK, Call, CommandSet, Form, Outcome, cme
from ..files import FileError, checksum
from ..verdicts import VerdictKind
from .securefiles import MAX_PATH

if TYPE_CHECKING:
    from .module import GSMModule

SECURE: Final = CommandSet["GSMModule"](refusal=cme(CME_INVALID_INPUT))

_SIZES: Final = range(0, 1 << 31)


@SECURE.add("+QSECWRITE", most=3)
async def qsecwrite(call: Call[GSMModule]) -> Outcome:
    """Add a certificate or key; one of that name must not be there (2.2.7)."""
    module = call.module
    if call.form is Form.TEST:
        call.info("+QSECWRITE: <filename>,<filesize>[,(3,200)]")
        return OK
    if call.form is Form.READ:
        return OK
    if call.form is not Form.WRITE:
        return ERROR
    name, size = call.string(0, MAX_PATH), call.integer(1, _SIZES)
    timeout = call.integer(2, UPLOAD_TIMEOUTS, DEFAULT_UPLOAD_TIMEOUT)
    if name is None or size is None or timeout is None:
        return cme(CME_INVALID_INPUT)
    try:
        path = module.files.claim(name, size)
    except FileError as e:
        return cme(e.number)
    try:
        result = await call.port.interpreter.upload(size, float(timeout), False)
    finally:
        module.files.release(path)
    data = result.data
    if data:
        module.files.store(path, data)
    if result.escaped:
        module.judge(VerdictKind.ESCAPE_IN_UPLOAD, f"after {len(data)} of {size} bytes")
    call.info(f"+QSECWRITE: {len(data)},{checksum(data)}")
    if result.timed_out:
        if not result.lossy:
            module.judge(VerdictKind.SHORT_UPLOAD, f"{len(data)} of {size} bytes")
        return cme(CME_TIMED_OUT)
    return OK


@SECURE.add("+QSECREAD", most=1)
def qsecread(call: Call[GSMModule]) -> Outcome:
    """Check a certificate or key; its content is never given back (2.2.8)."""
    if call.form is Form.TEST:
        call.info("+QSECREAD: <filename>")
        return OK
    if call.form is Form.READ:
        return OK
    name = call.string(0, MAX_PATH)
    if call.form is not Form.WRITE:
        return ERROR
    if name is None:
        return cme(CME_INVALID_INPUT)
    try:
        good, found = call.module.files.check(name)
    except FileError as e:
        return cme(e.number)
    call.info(f"+QSECREAD: {int(good)},{found}")
    return OK


@SECURE.add("+QSECDEL", most=1)
def qsecdel(call: Call[GSMModule]) -> Outcome:
    """Delete a certificate or key (2.2.9)."""
    if call.form is Form.TEST:
        call.info("+QSECDEL: <filename>")
        return OK
    if call.form is Form.READ:
        return OK
    name = call.string(0, MAX_PATH)
    if call.form is not Form.WRITE:
        return ERROR
    if name is None:
        return cme(CME_INVALID_INPUT)
    try:
        call.module.files.delete(name)
    except FileError as e:
        return cme(e.number)
    return OK
