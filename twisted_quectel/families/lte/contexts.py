"""The dialogue about SSL contexts: C{AT+QSSLCFG} (LTE SSL note v1.1, chapter 2.2.1)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

from ... import errors
from ...at import (
    ATPort,
    Bare,
    Command,
    CommandText,
    InfoLine,
    Secret,
    join,
    parse_info,
    test_form,
    write_form,
)
from ...at.syntax import Value, printable
from ..base import ContextSettings, Firmware, Setting
from ..quectel import unverified
from .errors import NAME

#: Misprints of the document, and what they mean.
_ALIASES: Final = {"secllevel": "seclevel", "clientcertex": "cacertex"}
#: The document prints this answer to C{ignoreinvalidcertsign}.
_WRONG_ANSWERS: Final = {"ignoreinvalidcertsign": "ignoremulticertchainverify"}
_BROKEN: Final = re.compile(rb'"renegotiation"?,?(\d),(\d)')


def _write(setting: Setting, context: int) -> CommandText:
    values: list[Value] = []
    for value in setting.values:
        if not isinstance(value, (int, str, Bare, Secret)):
            raise TypeError(f"{setting.tag} cannot be {value!r}")
        values.append(value)
    return write_form(
        "+QSSLCFG", setting.tag, context, *values, arguments=("", "ctx", *[setting.argument] * 3)
    )


def _query(tag: str, context: int) -> CommandText:
    return write_form("+QSSLCFG", tag, context)


def _command(text: CommandText) -> Command:
    # 300 ms by the document, from the end of the command; the line itself takes its time
    return Command(text, ("+QSSLCFG",), timeout=5.0)


def _batches(texts: Sequence[CommandText], limit: int) -> Iterator[tuple[int, int]]:
    """Cut commands into runs that fit on one line."""
    start, length = 0, 2
    for index, text in enumerate(texts):
        size = len(text.wire) + 1
        if index > start and (length + size > limit or not limit):
            yield start, index
            start, length = index, 2
        length += size
    yield start, len(texts)


def read_tag(line: InfoLine, context: int, tag: str) -> tuple[str, ...] | None:
    """Read an answer to the query of a tag.

    @return: the values; L{None} if the line answers something else.
    """
    broken = _BROKEN.match(line.rest) if tag == "renegotiation" else None
    if broken is not None:
        return (broken.group(2).decode("ascii"),)
    name = line.string(0)
    if name is None:
        return None
    name = name.lower()
    if _ALIASES.get(name, name) != tag and name != _WRONG_ANSWERS.get(tag):
        return None
    if line.integer(1) != context:
        return None
    return tuple(value.string() for value in line.fields[2:])


async def read_tags(port: ATPort) -> tuple[str, ...]:
    """Ask which tags the firmware has, by the test form; nothing if it does not say."""
    try:
        response = await port.execute(_command(test_form("+QSSLCFG")))
    except errors.CommandFailed:
        return ()
    names = (line.string(0) for line in response.info)
    return tuple(_ALIASES.get(name.lower(), name.lower()) for name in names if name)


def _matches(setting: Setting, values: tuple[str, ...]) -> bool:
    """Whether what was read back is what was wanted."""
    wanted = [
        value.text if isinstance(value, (Bare, Secret)) else value for value in setting.values
    ]
    if setting.tag == "ciphersuite":
        try:
            return int(values[0], 16) == int(str(wanted[0]), 16)
        except (ValueError, IndexError):
            return False
    # an empty text may be left out of the answer
    padded = [*values, *[""] * (len(wanted) - len(values))]
    return [str(value) for value in wanted] == padded[: len(wanted)]


class ContextDialogue:
    """Sets and reads the contexts of one module."""

    def __init__(self, firmware: Firmware, line_limit: int) -> None:
        self._firmware = firmware
        self._line_limit = line_limit
        self._known: set[str] = set()  # tags that were written or read
        self._listed: tuple[str, ...] = ()  # those that the firmware says it has

    async def configure(self, port: ATPort, context: int, settings: ContextSettings) -> None:
        """Set a context and read it back.

        @raise errors.UnsupportedOperation: if the firmware lacks a tag that
            is needed.
        @raise errors.ModemParameterError: if a setting was not taken.
        """
        wanted = [s for s in settings if s.tag not in self._firmware.missing_tags]
        self._refuse_missing(settings, port)
        texts = [self._write(setting, context) for setting in wanted]
        for start, end in _batches(texts, self._limit):
            try:
                await port.execute(_command(join(*texts[start:end])))
            except errors.CommandFailed as e:
                if end - start > 1:
                    await self._one_by_one(port, context, wanted[start:end])
                else:
                    await self._refused(port, context, wanted[start], e)
            else:
                self._known.update(each.tag for each in wanted[start:end])
        wrong = await self._different(port, context, settings)
        # written once more where a firmware has answered a write like a query
        for _ in range(2):
            for setting in wrong:
                try:
                    await port.execute(_command(self._write(setting, context)))
                except errors.CommandFailed as e:
                    await self._refused(port, context, setting, e)
            if wrong:
                wrong = await self._different(port, context, settings)
        if not wrong:
            return
        names = ", ".join(f'"{setting.tag}" ({setting.argument})' for setting in wrong)
        raise errors.ModemParameterError(
            f"the module did not take {names} for SSL context {context}: it reads back "
            "differently, or not at all",
            family=NAME,
            command=f'AT+QSSLCFG="{wrong[0].tag}"',
            trace=port.trace.last(),
        )

    async def configured(self, port: ATPort, context: int, settings: ContextSettings) -> bool:
        """Say whether a context is set like this."""
        self._refuse_missing(settings, port)
        return not await self._different(port, context, settings)

    async def check_provisioned(self, port: ATPort, context: int) -> bool:
        """Refuse a context whose security level is none, and that has no PSK; and DTLS.

        @return: whether its close time-out counts in milliseconds.
        """
        try:
            values = await self._read_alone(port, context, "seclevel")
        except errors.CommandFailed:
            values = ()
        level = values[0] if values else ""
        if level not in ("1", "2") and not (level == "0" and await self._has_psk(port, context)):
            raise unverified(context, level, NAME)
        await self._check_stream(port, context)
        try:
            return await self._read_alone(port, context, "closetimemode") == ("1",)
        except errors.CommandFailed:
            # a firmware without the tag counts in seconds
            return False

    async def _check_stream(self, port: ATPort, context: int) -> None:
        """Refuse a context that is for datagrams: a stream over it would lose bytes."""
        try:
            values = await self._read_alone(port, context, "dtls")
        except errors.CommandFailed:
            # a firmware without the tag has no DTLS
            return
        if values == ("1",):
            raise errors.UnsupportedOperation(
                f"ctx: SSL context {context} is set to DTLS, which is only for datagrams",
                family=NAME,
            )

    async def _has_psk(self, port: ATPort, context: int) -> bool:
        """Whether a pre-shared key does the server's authentication."""
        try:
            values = await self._read_alone(port, context, "psk")
        except errors.CommandFailed:
            return False
        return len(values) > 1 and bool(values[1])

    @property
    def _limit(self) -> int:
        return self._line_limit if self._firmware.joins else 0

    def _refuse_missing(self, settings: ContextSettings, port: ATPort) -> None:
        for setting in settings:
            if setting.tag in self._firmware.missing_tags and setting.needed:
                raise self._lacks(setting, port)

    def _lacks(
        self, setting: Setting, port: ATPort, refusal: errors.CommandFailed | None = None
    ) -> errors.ModemError:
        model = f"{self._firmware.model} {self._firmware.revision}".strip()
        if setting.tag == "checkhost":
            return errors.IdentityNotChecked(
                f"identity: the firmware of this module ({model}) cannot check the server's name; "
                "identity=prefer accepts that; a CA for your servers alone makes up for it",
                family=NAME,
            )
        return errors.UnsupportedOperation(
            f"{setting.argument}: the firmware of this module ({model}) does not take "
            f'AT+QSSLCFG="{setting.tag}" with that value'
            + (f" ({printable(refusal.result)})" if refusal is not None else ""),
            code=refusal.code if refusal is not None else None,
            family=NAME,
            command=f'AT+QSSLCFG="{setting.tag}"',
            trace=port.trace.last(),
        )

    async def _one_by_one(self, port: ATPort, context: int, settings: Sequence[Setting]) -> None:
        """Find out which of several settings was refused."""
        refused = False
        last = settings[-1]
        if last.tag == "checkhost" and self._firmware.checks_host is None:
            # most firmware lacks it; whether all in front of it was taken is read back
            if not last.needed and await self._unlisted(port, last):
                self._without(last)
                return
            try:
                await self._read_alone(port, context, last.tag)
            except errors.CommandFailed as e:
                await self._unknown(port, context, last, e)
                return
        for setting in settings:
            try:
                await port.execute(_command(self._write(setting, context)))
            except errors.CommandFailed as e:
                refused = True
                await self._refused(port, context, setting, e)
            else:
                self._known.add(setting.tag)
        if not refused:
            # each is taken alone: it was the joining that was not
            self._firmware.joins = False

    async def _unlisted(self, port: ATPort, setting: Setting) -> bool | None:
        """Whether the firmware says that it lacks a tag; L{None} if it does not say."""
        if setting.tag in self._known:
            return False
        self._listed = self._listed or await read_tags(port)
        return setting.tag not in self._listed if self._listed else None

    async def _unknown(
        self, port: ATPort, context: int, setting: Setting, refusal: errors.CommandFailed
    ) -> None:
        """A tag could neither be written nor read: do without, where that is harmless.

        An error that passes does not make a tag missing that the firmware has.
        """
        known = setting.tag in self._known
        if setting.needed and not known:
            raise self._lacks(setting, port, refusal) from None
        if await self._unlisted(port, setting) is False:
            raise errors.ModemParameterError(
                f"{setting.argument}: the module has refused to set and to read "
                f'"{setting.tag}" of SSL context {context}, which it knows; what is set there is '
                f"not certain ({printable(refusal.result)})",
                code=refusal.code,
                family=NAME,
                command=f'AT+QSSLCFG="{setting.tag}"',
                trace=port.trace.last(),
            ) from None
        self._without(setting)

    def _without(self, setting: Setting) -> None:
        self._firmware.missing_tags.add(setting.tag)
        if setting.tag == "checkhost":
            self._firmware.checks_host = False

    async def _refused(
        self, port: ATPort, context: int, setting: Setting, refusal: errors.CommandFailed
    ) -> None:
        """Decide what it means that a setting was refused.

        A firmware that has no such tag cannot have switched on what it stands
        for; one that has it must hold the value that is wanted.
        """
        try:
            values = await self._read_alone(port, context, setting.tag)
        except errors.CommandFailed:
            await self._unknown(port, context, setting, refusal)
            return
        if _matches(setting, values):
            return
        if setting.tag == "ciphersuite" and not self._firmware.quotes_cipher:
            self._firmware.quotes_cipher = True
            try:
                await port.execute(_command(self._write(setting, context)))
            except errors.CommandFailed:
                self._firmware.quotes_cipher = False
            else:
                return
        raise self._lacks(setting, port, refusal)

    def _write(self, setting: Setting, context: int) -> CommandText:
        if setting.tag == "ciphersuite" and self._firmware.quotes_cipher:
            quoted = (value.text if isinstance(value, Bare) else value for value in setting.values)
            setting = replace(setting, values=tuple(quoted))
        return _write(setting, context)

    async def _different(
        self, port: ATPort, context: int, settings: ContextSettings
    ) -> list[Setting]:
        wanted = [s for s in settings if s.tag not in self._firmware.missing_tags]
        values = await self._read(port, context, [setting.tag for setting in wanted])
        return [
            setting
            for setting in wanted
            if setting.tag not in values or not _matches(setting, values[setting.tag])
        ]

    async def _read(
        self, port: ATPort, context: int, tags: Sequence[str]
    ) -> dict[str, tuple[str, ...]]:
        """Read tags, as many in one line as fit; what cannot be read is left out."""
        found: dict[str, tuple[str, ...]] = {}
        texts = [_query(tag, context) for tag in tags]
        for start, end in _batches(texts, self._limit):
            lines: list[InfoLine] = []
            try:
                response = await port.execute(_command(join(*texts[start:end])))
                lines = [parse_info(line) for line in response.lines]
            except errors.CommandFailed:
                if end - start == 1:
                    continue
            read = [
                read_tag(line, context, tag)
                for line, tag in zip(lines, tags[start:end], strict=False)
            ]
            if len(lines) == end - start and None not in read:
                found.update(zip(tags[start:end], (value or () for value in read), strict=True))
                self._known.update(tags[start:end])
                continue
            for tag in tags[start:end]:
                try:
                    found[tag] = await self._read_alone(port, context, tag)
                except errors.CommandFailed:
                    continue
        return found

    async def _read_alone(self, port: ATPort, context: int, tag: str) -> tuple[str, ...]:
        response = await port.execute(_command(_query(tag, context)))
        for line in response.info:
            values = read_tag(line, context, tag)
            if values is not None:
                self._known.add(tag)
                return values
        return ()
