"""What is found out about one module, and kept as long as it is up."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass
class Firmware:
    """What was found out about one module.

    @ivar model: what it calls itself.
    @ivar revision: its firmware.
    @ivar imei: its number.
    @ivar missing_tags: settings that it does not have.
    @ivar checks_host: whether it compares the certificate with the host name;
        L{None}: not known yet.
    @ivar joins: whether it takes several commands on one line.
    @ivar quotes_cipher: whether it takes the cipher suite in quotes only.
    @ivar spellings: what it calls commands that have two names, by the usual one.
    @ivar taken: those of the names that it was seen to take.
    @ivar reports: commands that it was seen to tell a result of beside their C{OK}.
    """

    model: str
    revision: str = ""
    imei: str = field(default="", repr=False)
    missing_tags: set[str] = field(default_factory=set)
    checks_host: bool | None = None
    joins: bool = True
    quotes_cipher: bool = False
    spellings: dict[str, str] = field(default_factory=dict)
    taken: set[str] = field(default_factory=set)
    reports: set[str] = field(default_factory=set)
