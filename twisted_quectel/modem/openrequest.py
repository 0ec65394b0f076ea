"""A connection that is wanted, and what it comes to with a family."""

from __future__ import annotations

from dataclasses import dataclass

from ..at import Command
from ..errors import UnsupportedOperation
from ..families import AccessMode, Dialect, Family
from ..profiles import TLSProfile


@dataclass(frozen=True)
class OpenRequest:
    """A connection that is wanted.

    @ivar tls: what the SSL context shall be; L{None}: as provisioned.
    @ivar ctx: a certain SSL context; L{None}: any.
    @ivar pdp: the PDP context.
    @ivar mode: L{None}: the family's default.
    @ivar wait: whether to wait when something that is needed is in use.
    @ivar closed_is_lost: whether the peer's close counts as a loss.
    @ivar timeout: seconds for all of it; the caller cancels after that.
    @ivar secure: whether the module does TLS on it.
    @ivar idle_timeout: seconds for which nothing may come, once it is open; L{None}: no end.
    @ivar https: whether that is the TLS of its HTTPS stack.
    @ivar provisioned: what C{ctx} is provisioned with, as far as that is known.
    """

    host: str
    port: int
    tls: TLSProfile | None
    ctx: int | None
    pdp: int
    mode: AccessMode | None
    wait: bool
    closed_is_lost: bool
    timeout: float
    provisioned: TLSProfile | None = None
    secure: bool = True
    https: bool = False
    idle_timeout: float | None = None

    @property
    def allowed(self) -> int:
        """The bits of the alerts that may pass."""
        return 0 if self.tls is None else self.tls.allow_alerts

    def dialect_of(self, family: Family) -> Dialect:
        """Give how the module speaks of such a connection.

        @raise UnsupportedOperation: if the family has none of its kind.
        """
        dialect = family.tls if self.secure else family.tcp
        if self.https:
            dialect = family.https
        if self.https and dialect is None:
            raise UnsupportedOperation(
                f"stack: the {family.name} modules have no HTTPS stack of their own",
                family=family.name,
            )
        if dialect is None:
            raise UnsupportedOperation(
                f"the {family.name} modules have no TCP without TLS", family=family.name
            )
        return dialect

    def mode_for(self, family: Family) -> AccessMode:
        """Give the access mode.

        @raise UnsupportedOperation: if the family does not have it.
        """
        dialect = self.dialect_of(family)
        mode = self.mode or dialect.default_mode or family.limits.default_mode
        modes = dialect.modes or family.limits.modes
        if mode not in modes:
            names = ", ".join(sorted(each.value for each in modes))
            without = "" if self.secure else " for TCP without TLS"
            if self.https:
                without = " for HTTPS"
            raise UnsupportedOperation(
                f"mode: the {family.name} modules do not have {mode.value}{without}; they have "
                f"{names}",
                family=family.name,
            )
        return mode

    def check_host(self, family: Family) -> None:
        """Refuse a host that does not fit into an open.

        @raise UnsupportedOperation: if it is too long.
        """
        longest = family.limits.host
        if len(self.host) > longest:
            raise UnsupportedOperation(
                f"host: the {family.name} modules take at most {longest} bytes, and this one has "
                f"{len(self.host)}",
                family=family.name,
            )

    def command(self, family: Family, id: int, context: int | None, mode: AccessMode) -> Command:
        """Give the open.

        @param context: the SSL context; L{None} where there is none.
        """
        return self.dialect_of(family).open_command(
            id, self.pdp, context, self.host, self.port, mode, self.timeout
        )
