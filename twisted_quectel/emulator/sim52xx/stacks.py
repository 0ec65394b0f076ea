"""The stacks of a SIM52xx module, which exclude each other (SIM52xx SSL note, chapter 7)."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING

from twisted.internet.task import deferLater

from ..commands import ERROR, OK, SEND_OK, Call, Form, Outcome

if TYPE_CHECKING:
    from .module import SIM52xxModule

#: Longest address of a server, in bytes.
MAX_ADDRESS = 255


class Stack(Enum):
    """Who has the network: one at a time."""

    NONE = "none"
    HTTPS = "HTTPS"
    FTPS = "FTPS"
    SSL = "common SSL"
    TCP = "plain TCP"


async def acquire(module: SIM52xxModule, stack: Stack) -> bool:
    """Take the network into use.

    @return: L{False} if another stack has it, or this one already, or there is none.
    """
    if module.stack is not Stack.NONE or not module.network_state.registered():
        return False
    module.stack = stack
    if module.settings.pdp_delay > 0:
        await deferLater(module.clock, module.settings.pdp_delay)
    if module.stack is not stack:
        return False  # it was released meanwhile
    if not module.network_state.registered():
        module.stack = Stack.NONE
        return False
    return True


def executes(call: Call[SIM52xxModule]) -> bool:
    """Tell whether a command was given without parameters."""
    return call.form is Form.EXECUTE


async def body_of(call: Call[SIM52xxModule], length: int) -> bytes | Outcome:
    """Ask for the counted body of a send.

    @return: the body, or the final result where there is none.
    """
    module = call.module
    for hook in module.hooks:
        refused = hook.refuse_prompt(call)
        if refused is not None:
            return ERROR  # there is no SEND FAIL here
    body = await call.port.interpreter.prompt(length, length)
    if module.link.latency > 0:
        await deferLater(module.clock, module.link.latency)
    for hook in module.hooks:
        instead = hook.on_send(call, body or b"")
        if instead is not None:
            return OK if instead is SEND_OK else ERROR
    return body or b""
