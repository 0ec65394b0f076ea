"""The bytes that a command asks for: behind a prompt, or as an upload.

Sends: LTE SSL Application Note v1.1 chapter 2.2.3.  Uploads: FILE AT Commands
Manual, C{AT+QFUPL}.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IDelayedCall, IReactorTime

CTRL_Z: Final = 0x1A
ESC: Final = 0x1B
#: Bytes between two C{A} of C{AT+QFUPL} with acknowledgements.
ACK_EVERY: Final = 1024


class Body(Protocol):
    """Something that takes bytes off a port's input."""

    def feed(self, data: bytearray) -> bool:
        """Take bytes off the front; L{True} once the body is complete."""

    def stop(self) -> None:
        """Give up."""


class Prompt:
    """The body of a send.

    @ivar result: fires with the body; L{None} if it was cancelled by ESC.  A
        body without a length that is too long keeps one byte more than the
        longest.
    """

    def __init__(
        self,
        length: int | None,
        longest: int,
        done: Callable[[], None],
        echo: Callable[[bytes], None],
        clock: IReactorTime,
        timeout: float = 0.0,
    ) -> None:
        """
        @param timeout: seconds without a byte that end it, with L{TimeoutError};
            0 for none.
        """
        self.result: Deferred[bytes | None] = Deferred()
        self._timeout = timeout
        self._timer: IDelayedCall | None = None
        if timeout > 0:
            self._timer = clock.callLater(timeout, self._timed_out)
        self._length = length
        self._longest = longest
        self._done = done
        self._echo = echo
        self._body = bytearray()

    def feed(self, data: bytearray) -> bool:
        """Take bytes off the front; L{True} once the body is complete."""
        if self._timer is not None and data:
            self._timer.reset(self._timeout)
        if self._length is not None:
            piece = bytes(data[: self._length - len(self._body)])
            del data[: len(piece)]
            self._echo(piece)
            self._body += piece
            if len(self._body) < self._length:
                return False
            self._finish(bytes(self._body))
            return True
        ends = [end for end in (data.find(CTRL_Z), data.find(ESC)) if end >= 0]
        end = min(ends, default=len(data))
        piece = bytes(data[:end])
        self._echo(piece)
        self._body += piece[: self._longest + 1 - len(self._body)]
        if not ends:
            data.clear()
            return False
        cancelled = data[end] == ESC
        del data[: end + 1]
        self._finish(None if cancelled else bytes(self._body))
        return True

    def _finish(self, body: bytes | None) -> None:
        self._stop_timer()
        self._done()
        self.result.callback(body)

    def _timed_out(self) -> None:
        self._timer = None
        self._done()
        self.result.errback(TimeoutError())

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def stop(self) -> None:
        """Give up."""
        self._stop_timer()
        self.result.addErrback(lambda failure: failure.trap(CancelledError) and None)
        self.result.cancel()


@dataclass(frozen=True)
class UploadResult:
    """How an upload ended.

    @ivar data: what came.
    @ivar timed_out: whether it ended for want of bytes.
    @ivar escaped: whether C{+++} ended it.
    @ivar lossy: whether bytes got lost on the way, which is not the host's fault.
    """

    data: bytes
    timed_out: bool = False
    escaped: bool = False
    lossy: bool = False


class Upload:
    """The bytes of C{AT+QFUPL} or C{AT+QFWRITE}.

    @ivar result: fires with what came.
    """

    def __init__(
        self,
        clock: IReactorTime,
        size: int,
        timeout: float,
        acknowledge: Callable[[bytes], None] | None,
        done: Callable[[], None],
        loses: int = 0,
    ) -> None:
        """
        @param loses: bytes at the beginning that get lost on their way.
        """
        self.result: Deferred[UploadResult] = Deferred()
        self._loses = loses
        self._lossy = loses > 0
        self._size = size
        self._timeout = timeout
        self._acknowledge = acknowledge
        self._done = done
        self._body = bytearray()
        self._acknowledged = 0
        self._timer: IDelayedCall | None = clock.callLater(timeout, self._timed_out)

    def feed(self, data: bytearray) -> bool:
        """Take bytes off the front; L{True} once the upload is complete."""
        if self._loses:
            gone = min(self._loses, len(data))
            self._loses -= gone
            del data[:gone]
        before = len(self._body)
        piece = bytes(data[: self._size - before])
        self._body += piece
        escape = self._body.find(b"+++", max(0, before - 2))
        if escape >= 0:
            surplus = len(self._body) - (escape + 3)
            del data[: len(piece) - surplus]
            del self._body[escape:]
            self._finish(UploadResult(bytes(self._body), escaped=True))
            return True
        del data[: len(piece)]
        if self._acknowledge is not None:
            while self._acknowledged + ACK_EVERY <= len(self._body):
                self._acknowledged += ACK_EVERY
                self._acknowledge(b"A")
        if len(self._body) < self._size:
            if self._timer is not None:
                self._timer.reset(self._timeout)
            return False
        self._finish(UploadResult(bytes(self._body)))
        return True

    def _timed_out(self) -> None:
        self._timer = None
        self._finish(UploadResult(bytes(self._body), timed_out=True, lossy=self._lossy))

    def _finish(self, result: UploadResult) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._done()
        self.result.callback(result)

    def stop(self) -> None:
        """Give up."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self.result.addErrback(lambda failure: failure.trap(CancelledError) and None)
        self.result.cancel()
