"""The dialogue about SSL contexts: C{AT+QSSLCFG} (SSL note for GSM modules, chapter 2.2.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ... import errors
from ...at import ATPort, Command, write_form
from ...at.syntax import Value
from ...tables.gsm import CONTEXT_QUERY, NVRAM_NAMES
from ..base import ContextSettings, Firmware, Setting
from ..quectel import unverified
from ..settling import settle
from .errors import NAME
from .settings import IGNORE_TIME

#: The order of the values in the answer to the query of a whole context.
_ORDER: Final = ("sslversion", "seclevel", "ciphersuite", "cacert", "clientcert", "clientkey")
_TIMEOUT: Final = 5.0


def _config(tag: str, *values: Value, argument: str = "") -> Command:
    arguments = ("", "ctx", argument)
    text = write_form("+QSSLCFG", tag, *values, arguments=arguments[: len(values) + 1])
    return Command(text, ("+QSSLCFG",), timeout=_TIMEOUT)


def _write(setting: Setting, context: int) -> Command:
    (value,) = setting.values
    assert isinstance(value, (int, str))
    values = (value,) if setting.common else (context, value)
    return _config(setting.tag, *values, argument=setting.argument)


async def _query(port: ATPort, tag: str, *values: Value) -> str | None:
    """Give the value of a tag; L{None} if the module does not tell.

    The answer leaves the context out, or has it (some firmware).
    """
    try:
        response = await port.execute(_config(tag, *values))
    except errors.CommandFailed:
        return None
    for line in response.info:
        if (line.string(0) or "").lower() == tag and len(line.fields) > 1:
            return line.string(len(line.fields) - 1)
    return None


async def read_context(port: ATPort, context: int) -> Mapping[str, str]:
    """Give all that a context is set to, by tag; what the module does not tell is left out."""
    try:
        response = await port.execute(_config(CONTEXT_QUERY, context))
    except errors.CommandFailed:
        pass  # asked one by one below
    else:
        for line in response.info:
            if line.integer(0) == context and len(line.fields) >= len(_ORDER) + 1:
                values = [line.string(index + 1) or "" for index in range(len(_ORDER))]
                return dict(zip(_ORDER, values, strict=True))
    found = {tag: await _query(port, tag, context) for tag in _ORDER}
    return {tag: value for tag, value in found.items() if value is not None}


async def files_of(port: ATPort, context: int) -> list[str]:
    """Give the files that a context names."""
    found = await read_context(port, context)
    return [found[tag] for tag in NVRAM_NAMES if found.get(tag)]


def _matches(setting: Setting, found: str | None) -> bool:
    """Whether what was read back is what was wanted."""
    (wanted,) = setting.values
    if found is None:
        return False
    if setting.tag == "ciphersuite":
        try:
            return int(found, 16) == int(str(wanted), 16)
        except ValueError:
            return False
    if setting.tag in NVRAM_NAMES:
        # however the storage was written, the module may write it in capitals
        return _path(found.strip()) == _path(str(wanted))
    return found.strip() == str(wanted)


def _path(text: str) -> tuple[str, str]:
    storage, _, name = text.partition(":")
    return storage.upper(), name


class ContextDialogue:
    """Sets and reads the contexts of one module."""

    def __init__(self, firmware: Firmware) -> None:
        self._firmware = firmware

    async def configure(self, port: ATPort, context: int, settings: ContextSettings) -> None:
        """Set a context and read it back.

        @raise errors.ModemParameterError: if a setting was not taken.
        """
        await settle(
            port,
            self._firmware,
            settings,
            lambda setting: port.execute(_write(setting, context)),
            lambda: self._different(port, context, settings),
            f"SSL context {context}",
            NAME,
        )

    async def configured(self, port: ATPort, context: int, settings: ContextSettings) -> bool:
        """Say whether a context is set like this."""
        return not await self._different(port, context, settings)

    async def _different(
        self, port: ATPort, context: int, settings: ContextSettings
    ) -> list[Setting]:
        found: dict[str, str] = {}
        if not all(setting.common for setting in settings):
            found.update(await read_context(port, context))
        if any(setting.common for setting in settings):
            told = await _query(port, IGNORE_TIME)
            if told is not None:
                found[IGNORE_TIME] = told
        return [each for each in settings if not _matches(each, found.get(each.tag))]

    async def check_provisioned(self, port: ATPort, context: int) -> None:
        """Refuse a context that does not verify the server.

        @raise errors.UnverifiedContext: if its security level is none.
        """
        level = (await read_context(port, context)).get("seclevel", "").strip()
        if level not in ("1", "2"):
            raise unverified(context, level, NAME)
