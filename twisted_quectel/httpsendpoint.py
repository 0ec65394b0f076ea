"""The HTTPS stack of a module as a client endpoint."""

from __future__ import annotations

from .at import InvalidValue
from .endpoints import ModuleEndpoint, check_modem
from .families import AccessMode
from .modem import Modem
from .profiles import TLSProfile, Verify
from .tlsways import VERIFIES_NOBODY

__all__ = ["ModuleHTTPSEndpoint"]


class ModuleHTTPSEndpoint(ModuleEndpoint):
    """A connection of a module's HTTPS stack (SIM52xx SSL Application Note v0.01, chapter 2).

    What is written goes through the module's TLS as it is, and so does what comes: a stream,
    good for requests and their responses.  The stack verifies nobody: whoever answers at that
    address is taken for the server.  A module has one such connection at a time, and while it
    is open neither common SSL nor TCP.
    """

    def __init__(
        self,
        modem: Modem,
        host: str,
        port: int = 443,
        tls: TLSProfile | None = None,
        mode: AccessMode | str | None = None,
        pdp: int | None = None,
        timeout: float = 60.0,
        *,
        busy: str = "wait",
        closed: str = "done",
        idle_timeout: float | None = None,
    ) -> None:
        """
        @param modem: whose stack it is.
        @param host: name or IP literal of the server.
        @param port: 1-65535.
        @param tls: has to be written out, as C{TLSProfile(verify="none")}; what else it says is
            refused by name when it connects, where the stack has no command for it.
        @param mode: C{buffer} or L{None}, which is the same.
        @param pdp: the PDP context, 1-16; L{None}: that of the modem's profile.
        @param timeout: seconds for the whole connect.
        @param busy: C{wait} or C{fail} when the connection is in use, or another stack of the
            module.
        @param closed: C{done} or C{lost}: what a close by the peer counts as.
        @param idle_timeout: seconds for which nothing may come; it then is lost, by
            L{PeerSilent<twisted_quectel.PeerSilent>}.
        @raise InvalidValue: if something is out of range or of another kind, or C{tls} does not
            say that nobody is verified.
        """
        checked = check_modem(modem)
        if not isinstance(tls, TLSProfile) or tls.verify is not Verify.NONE:
            raise InvalidValue(
                "tls",
                VERIFIES_NOBODY.format("ModuleHTTPSEndpoint", 'tls=TLSProfile(verify="none")'),
            )
        super().__init__(
            checked,
            host,
            port,
            mode,
            pdp,
            timeout,
            busy,
            closed,
            tls=tls,
            https=True,
            idle_timeout=idle_timeout,
        )
