"""The AT language: syntax, framing and one port, after ITU-T V.250 and 3GPP TS 27.007."""

from __future__ import annotations

from .commands import CTRL_Z, ESC, Body, Command, Response, uncounted_body
from .framing import Inline
from .jobs import DataHandler, HandOut, Job, PortHandler, Route, Taking
from .port import ATPort
from .results import Outcome, Result
from .syntax import (
    OMITTED,
    Bare,
    CommandText,
    InfoLine,
    InvalidValue,
    Secret,
    basic_form,
    execute_form,
    join,
    parse_info,
    read_form,
    test_form,
    write_form,
)
from .trace import Trace
from .wire import IWire, IWireTransport

__all__ = [
    "CTRL_Z",
    "ESC",
    "OMITTED",
    "ATPort",
    "Bare",
    "Body",
    "Command",
    "CommandText",
    "DataHandler",
    "HandOut",
    "IWire",
    "IWireTransport",
    "InfoLine",
    "Inline",
    "InvalidValue",
    "Job",
    "Outcome",
    "PortHandler",
    "Response",
    "Result",
    "Route",
    "Secret",
    "Taking",
    "Trace",
    "basic_form",
    "execute_form",
    "join",
    "parse_info",
    "read_form",
    "test_form",
    "uncounted_body",
    "write_form",
]
