"""Names, reachability, time and options of a BC660K-GL (TCP/IP Application Note)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, cast

from ...tables.nbiot import DATA_FORMATS
from ..commands import OK, Call, CommandSet, Form, Handler, Outcome
from ..commands_internet import INTERNET as OF_LTE
from ..network import is_literal

if TYPE_CHECKING:
    from .module import NBIoTModule

INTERNET: Final = CommandSet["NBIoTModule"]()

#: Commands that are those of LTE modules, and what their test forms show here.
_AS_LTE: Final = {
    "+QIDNSGIP": "+QIDNSGIP: (0),<hostname>",
    "+QPING": "+QPING: (0),<host>,(1-255),(1-10)",
    "+QNTP": "+QNTP: (0),<server>,(1-65535),(0,1)",
}
_FORMATS: Final = range(len(DATA_FORMATS))


@INTERNET.add(*_AS_LTE)
def as_lte(call: Call[NBIoTModule]) -> Outcome:
    """Resolve a name, look whether a host can be reached, take the time from a server."""
    if call.form is Form.TEST:
        call.info(_AS_LTE[call.name])
        return OK
    # they ask the module for what this one has too: whether context 0 is up
    handler = cast("Handler[NBIoTModule]", OF_LTE[call.name])
    outcome = handler(call)
    assert isinstance(outcome, Outcome)
    return outcome


@INTERNET.add("+QIDNSCFG")
def qidnscfg(call: Call[NBIoTModule]) -> Outcome:
    """Set or query the name servers."""
    pdp = call.module.pdp
    if call.form is Form.TEST:
        call.info("+QIDNSCFG: (0),<pridnsaddr>,<secdnsaddr>")
        return OK
    given = len(call.fields)
    if call.form is not Form.WRITE or call.integer(0, pdp.ids) is None or given > 3:
        return call.fail(552)
    if given == 1:
        primary, secondary = pdp.name_servers()
        call.info(f'+QIDNSCFG: 0,"{primary}","{secondary}"')
        return OK
    servers = [call.string(index, 64) or "" for index in range(1, given)]
    if not all(is_literal(server) for server in servers):
        return call.fail(552)
    pdp.dns = tuple(servers)
    return OK


@INTERNET.add("+QICFG")
def qicfg(call: Call[NBIoTModule]) -> Outcome:
    """Set, query and list options of sockets without SSL: the format of their data."""
    module = call.module
    if call.form is Form.TEST:
        call.info('+QICFG: "dataformat",(0,1),(0,1)')
        return OK
    if call.form is not Form.WRITE or (call.string(0) or "").lower() != "dataformat":
        return call.fail(552)
    if len(call.fields) == 1:
        call.info(f'+QICFG: "dataformat",{module.formats[0]},{module.formats[1]}')
        return OK
    sent, received = call.integer(1, _FORMATS), call.integer(2, _FORMATS)
    if sent is None or received is None or len(call.fields) != 3:
        return call.fail(552)
    module.formats = (sent, received)
    return OK
