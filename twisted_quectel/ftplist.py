"""Lists of directories, as servers write them.

RFC 959 gives C{LIST} no form.  Read are those of Unix (SIM52xx SSL Application Note v0.01, chapter
3.9, and what C{ls} has besides), that of Windows, and the facts of C{MLSD} (RFC 3659, chapter 7).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

#: Characters of the longest line that is taken apart, and digits of the longest size.
_LONGEST: Final = 2048
_SIZE: Final = r"\d{1,18}"
_UNIX: Final = re.compile(
    r"([bcdlps-])([rwxsStTl-]{9})[+.@]? +(?:\d+ +)?(\S.*?)(?<= )(?:\d+, *)?(" + _SIZE + r") +"
    r"([A-Za-z]{3} +\d{1,2} +(?:\d{4}|\d{1,2}:\d\d)|\d{1,2} +[A-Za-z]{3} +(?:\d{4}|\d{1,2}:\d\d)"
    r"|\d{4}-\d\d-\d\d +\d\d:\d\d(?::\d\d(?:\.\d+)?(?: [+-]\d{4})?)?) (.+)"
)
_DOS: Final = re.compile(
    r"(\d\d-\d\d-\d{2,4} +\d\d:\d\d *[AP]?M?|\d{4}-\d\d-\d\d +\d\d:\d\d) +"
    r"(<DIR>|<JUNCTION>|<SYMLINKD?>|" + _SIZE + r") +(.+)",
    re.IGNORECASE,
)
_FACTS: Final = re.compile(r"((?:[A-Za-z][\w.-]*+=[^;]*+;)+) (.+)")
_TARGET: Final = re.compile(r" \[[^\]]*\]$")


@dataclass(frozen=True)
class FTPEntry:
    """One line of a list.

    @ivar raw: the line as the server has it; what is not UTF-8 is replaced.
    @ivar name: of the file or directory; the whole line where that is of no known form.
    @ivar size: in bytes; L{None} if it is not told.
    @ivar is_directory: L{None} if it is not told.
    @ivar permissions: such as C{rw-rw-rw-}; empty if they are not told.
    @ivar owner: and C{group}: likewise.
    @ivar modified: as the server writes it.
    """

    raw: str
    name: str
    size: int | None = None
    is_directory: bool | None = None
    permissions: str = ""
    owner: str = ""
    group: str = ""
    modified: str = ""


def parse_list(data: bytes) -> list[FTPEntry]:
    """Take a list apart: in the form of Unix, of Windows or of facts; else the line."""
    # no other character ends a line: a name can hold it
    lines = (line.rstrip("\r") for line in data.decode("utf-8", "replace").split("\n"))
    return [_parse_line(line) for line in lines if line]


def _parse_line(line: str) -> FTPEntry:
    known = None
    if len(line) <= _LONGEST:
        known = _of_unix(line) or _of_windows(line) or _of_facts(line)
    return known or FTPEntry(line, line)


def _of_unix(line: str) -> FTPEntry | None:
    match = _UNIX.fullmatch(line)
    if match is None:
        return None
    kind, permissions, who, size, modified, name = match.groups()
    # a name of two words leaves no telling where the group begins: the last word is the group
    owner, _, group = who.rstrip(" ").rpartition(" ")
    if not owner:
        owner, group = group, ""
    if kind == "l":
        name = name.partition(" -> ")[0]
    count = int(size) if kind not in "bc" else None
    return FTPEntry(line, name, count, kind == "d", permissions, owner.rstrip(" "), group, modified)


def _of_windows(line: str) -> FTPEntry | None:
    match = _DOS.fullmatch(line)
    if match is None:
        return None
    modified, what, name = match.groups()
    if what.isdecimal():
        return FTPEntry(line, name, int(what), False, modified=modified)
    if what.upper() != "<DIR>":
        name = _TARGET.sub("", name)
    folder = what.upper() != "<SYMLINK>"
    return FTPEntry(line, name, None, folder, modified=modified)


def _of_facts(line: str) -> FTPEntry | None:
    match = _FACTS.fullmatch(line)
    if match is None:
        return None
    told = (fact.partition("=") for fact in match[1].rstrip(";").split(";"))
    facts = {name.lower(): value for name, _, value in told}
    size, kind = facts.get("size", ""), facts.get("type", "").lower()
    return FTPEntry(
        line,
        match[2],
        int(size) if re.fullmatch(_SIZE, size, re.ASCII) else None,
        kind in ("dir", "cdir", "pdir") if kind else None,
        facts.get("unix.mode", ""),
        facts.get("unix.owner", ""),
        facts.get("unix.group", ""),
        facts.get("modify", ""),
    )
