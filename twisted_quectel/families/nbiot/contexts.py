"""The dialogue about the SSL context: C{AT+QSSLCFG} (BC660K-GL SSL note v1.0, chapter 2.3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ... import errors
from ...at import ATPort, Body, Command, uncounted_body, write_form
from ...tables.nbiot import CERTIFICATE_TAGS, TIMEOUTS
from ..base import ContextSettings, Firmware, Progress, Setting
from ..quectel import unverified
from ..settling import settle
from ..uploads import SLOWEST, checksum, upload
from .dialects import Formats
from .errors import NAME

_TIMEOUT: Final = 5.0
_PLACE: Final = "SSL:"


def place(tag: str) -> str:
    """Give where a certificate or key is: the context has one of each kind."""
    return f"{_PLACE}{tag}"


def _command(tag: str, *values: int) -> Command:
    text = write_form("+QSSLCFG", 0, 0, tag, *values)
    return Command(text, ("+QSSLCFG",), timeout=_TIMEOUT)


def _tag(name: str | None) -> str:
    """Give a tag as it is meant: some are printed with a capital I for an l."""
    return (name or "").replace("sI", "sl").replace("tI", "tl").lower()


async def read_context(port: ATPort) -> Mapping[str, tuple[str, ...]]:
    """Give all settings, by tag; what the module does not tell is left out."""
    command = Command(write_form("+QSSLCFG", 0, 0), ("+QSSLCFG",), timeout=_TIMEOUT)
    try:
        response = await port.execute(command)
    except errors.CommandFailed:
        return {}
    return {
        _tag(line.string(2)): tuple(field.string() for field in line.fields[3:])
        for line in response.info
        if line.integer(0) == 0 and len(line.fields) > 3
    }


async def store(port: ATPort, path: str, data: bytes, progress: Progress | None) -> None:
    """Type a certificate or key in at the prompt; the answer's number has to fit what was sent.

    @raise errors.CertificateStoreError: if it does not.
    """
    tag = path.removeprefix(_PLACE)
    command = Command(
        write_form("+QSSLCFG", 0, 0, tag),
        ("+QSSLCFG",),
        timeout=_TIMEOUT + len(data) / SLOWEST,
        body=uncounted_body(data),
        body_after=Body.PROMPT,
    )

    async def once() -> str:
        line = (await port.execute(command)).first("+QSSLCFG")
        number = None if line is None else line.integer(3)
        # the length; with or without CR, as they are stored; some firmware tells a checksum
        bare = data.replace(b"\r", b"")
        lengths = len(data), len(bare), len(bare) + bare.count(b"\n")
        right = number in (*lengths, checksum(data))
        return "" if right else f"it tells {number} for what has {len(data)} bytes"

    async def clear() -> None:
        """The next try takes its place."""

    shown = f'AT+QSSLCFG=0,0,"{tag}"'
    await upload(port, path, data, progress, once, clear, NAME, shown)


class ContextDialogue:
    """Sets and reads the context of one module."""

    def __init__(self, firmware: Firmware) -> None:
        self._firmware = firmware

    async def configure(self, port: ATPort, settings: ContextSettings) -> None:
        """Set it and read it back.

        @raise errors.ModemParameterError: if a setting was not taken.
        """
        await settle(
            port,
            self._firmware,
            tuple(each for each in settings if each.tag not in CERTIFICATE_TAGS),
            lambda setting: port.execute(_command(setting.tag, *map(_number, setting.values))),
            lambda: self.different(port, settings),
            "SSL context 0",
            NAME,
        )

    async def different(self, port: ATPort, settings: ContextSettings) -> list[Setting]:
        """Give the settings that are not as they should be."""
        found = await read_context(port)
        return [
            each
            for each in settings
            if each.tag not in CERTIFICATE_TAGS
            and found.get(each.tag) != tuple(map(str, each.values))
        ]

    async def check_provisioned(self, port: ATPort, formats: Formats) -> None:
        """Refuse a context that does not verify the server, and one for datagrams.

        How data is written is no part of what it was provisioned with: it is set, where it is
        not as C{formats} has it; and C{formats} is told the context's C{<timeout>}.

        @raise errors.UnverifiedContext: if its security level is none.
        @raise errors.UnsupportedOperation: if it is set to DTLS.
        """
        found = await read_context(port)
        level = "".join(found.get("seclevel", ()))
        if level not in ("1", "2"):
            raise unverified(0, level, NAME)
        if found.get("dtls") == ("1",):
            raise errors.UnsupportedOperation(
                "ctx: SSL context 0 is set to DTLS, which is only for datagrams", family=NAME
            )
        wanted = formats.send, formats.receive
        if found.get("dataformat") != tuple(map(str, wanted)):
            await self.configure(port, (Setting("dataformat", "dataFormat", wanted),))
        seconds = "".join(found.get("timeout", ()))
        known = seconds.isdecimal() and len(seconds) < 4 and int(seconds) in TIMEOUTS
        formats.timeout = int(seconds) if known else TIMEOUTS[-1]


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value
