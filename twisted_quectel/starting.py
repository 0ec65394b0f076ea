"""What a service of C{twistd} does when it cannot start: one line for whoever has started it."""

from __future__ import annotations

from typing import Any

from twisted.python import usage


def refusal(options: usage.Options, message: str) -> BaseException:
    """Give what a service raises when it cannot start.

    @param options: those of the service; C{twistd}'s own are their parent.
    @param message: one line that begins with the option's name.
    @return: in the foreground what ends the process with that line.  Behind a daemon its parent
        waits for an outcome, and C{twistd} tells it no other than an L{Exception}, of whose text
        it hands on 100 bytes.
    """
    # Any: usage.Options is a dict that has its parent once it was parsed as a subcommand
    twistd: Any = getattr(options, "parent", None)
    if twistd is not None and twistd.get("statusPipe") is not None:
        return OSError(message)
    return SystemExit(message)
