"""One modem, for everybody in the process who uses it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final, TextIO

from twisted.internet.defer import CancelledError, Deferred, fail, gatherResults, succeed
from twisted.internet.interfaces import IDelayedCall, IReactorTime
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from ..at import ATPort, Route
from ..errors import (
    CommandFailed,
    CommandTimeout,
    ModemClosed,
    ModemError,
    ModemNotReady,
    ModuleLost,
    NoAnswer,
    PortLost,
)
from ..families import Family
from ..modemprofile import ModemProfile
from .bringup import ModemInfo, bring_up
from .callers import Callers
from .channels import Channels, Left, Opener, open_channel
from .described import Described
from .holders import in_case, with_culprit
from .leaving import leave
from .machine import ModemCore, ModemLife, modem_life
from .named import Named
from .network import PinMemory
from .probing import Ping as Ping
from .questions import Questions
from .reception import Signal as Signal
from .reporting import Reporting
from .session import Session
from .shutdown import Shutdown

#: Seconds before a modem that failed is started again: at first, and at most.
PAUSE_FIRST: Final = 1.0
PAUSE_LONGEST: Final = 60.0
#: Seconds behind the beginning of a bring-up within which whoever comes was there from it.
TOGETHER: Final = 0.1
#: Seconds for the last bytes to leave when a modem is closed.
LINGER: Final = 5.0
#: How often a bring-up begins anew when the module restarts within it.
_ATTEMPTS: Final = 3


class Modem(Described, Reporting, Questions, ModemCore):
    """One modem.  It is brought up when it is first used.

    @ivar obstacle: what its bring-up waits for just now, if that may take long.
    @ivar info: what it is, once it was up; else L{None}.
    """

    _log = Logger()

    def __init__(
        self,
        reactor: IReactorTime,
        profile: ModemProfile,
        *,
        opener: Opener | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        """
        @param reactor: the reactor, or a clock if C{opener} needs no more.
        @param opener: opens the ports; left out, real devices are opened.
        @param now: the host's time, for the module's clock.
        """
        Described.__init__(self, reactor, profile, opener)
        Reporting.__init__(self)
        self.info: ModemInfo | None = None
        self.obstacle: ModemNotReady | None = None
        self._now = now
        self._life: ModemLife = modem_life(self)
        self._closing = False
        self._channels: Channels | None = None
        self._left = Left()
        self._files_in_doubt: set[str] = set()
        self.named = Named(profile)
        self._session: Session | None = None
        self._family: Family | None = None
        self._pin = PinMemory()
        self._callers = Callers(self._caller_left)
        self._starting: Deferred[Session] | None = None
        self._began = 0.0
        self._pause = 0.0
        self._pause_timer: IDelayedCall | None = None
        self._linger: IDelayedCall | None = None
        self._losses: list[Deferred[ModemError]] = []
        self._shut: list[Deferred[None]] = []
        self._trace_file: TextIO | None = None
        self._shutdown = Shutdown(reactor, self.close)

    @property
    def idle(self) -> bool:
        """Whether its device is neither open nor being opened."""
        return self._channels is None and self._starting is None

    # -- the face

    def ready(self) -> Deferred[Modem]:
        """Wait until the modem is up; bring it up if it is not.

        @return: fires with the modem; fails with L{ModemNotReady}.
        """
        return self.session().addCallback(lambda _: self)

    def when_lost(self) -> Deferred[ModemError]:
        """Wait until the modem, once up, restarts or goes away.

        @return: fires with the reason; a fresh one for each caller.
        """
        lost: Deferred[ModemError] = Deferred(self._losses_remove)
        self._losses.append(lost)
        return lost

    def close(self) -> Deferred[None]:
        """End all connections, and close the device.

        @return: fires when it is closed.
        """
        self._life.shut(Failure(ModemClosed(f"the modem {self.profile.name} was closed")))
        if self._channels is None:
            return succeed(None)
        closed: Deferred[None] = Deferred()
        self._shut.append(closed)
        both = gatherResults([closed, self._channels.data_closed()])
        return both.addCallback(lambda _: None)

    def hold(self) -> Callable[[], None]:
        """Have the reactor's shutdown leave it up until somebody has sent what is to be sent.

        For a service that ends its connections in order when the reactor stops; L{close} waits
        for nobody.

        @return: what lets go of it.
        """
        return self._shutdown.hold()

    def trace_to(self, file: TextIO | None) -> None:
        """Write the AT dialogue to a text file from now on, without secrets."""
        self._trace_file = file
        if self._channels is not None:
            for port in self._channels.ports():
                port.trace.write_to(file)

    def _trace(self, port: ATPort) -> None:
        """Have what goes over a further port traced like the rest."""
        port.trace.write_to(self._trace_file)
        if self._family is not None:
            port.trace.redact = self._family.redact

    def last_lines(self) -> tuple[str, ...]:
        """Give the last lines of the AT dialogue, without secrets."""
        return () if self._channels is None else self._channels.control.port.trace.last()

    @property
    def closed(self) -> bool:
        """Whether it was closed for good."""
        return self._closing

    # -- for endpoints

    def session(self) -> Deferred[Session]:
        """Wait until the modem is up; give what is true of it until it is lost."""
        if self._closing:
            return fail(ModemClosed(f"the modem {self.profile.name} was closed"))
        late = self._starting is not None and self.reactor.seconds() > self._began + TOGETHER
        waiting = self._callers.wait(late)
        self._life.demand()
        return waiting

    @property
    def current(self) -> Session | None:
        """What is true of it just now; L{None} while it is not up."""
        return self._session if self._starting is None else None

    def _caller_left(self) -> None:
        if not self._callers and self._pause_timer is not None:
            self._life.nobody()

    def _losses_remove(self, lost: Deferred[ModemError]) -> None:
        if lost in self._losses:
            self._losses.remove(lost)

    # -- what the life cycle does

    def do_start(self) -> None:
        """Bring the module up, after a pause if it has failed before."""
        if self._pause:
            self._pause_timer = self.reactor.callLater(self._pause, self._pause_over)
        else:
            self._begin()

    def _pause_over(self) -> None:
        self._pause_timer = None
        self._begin()

    def _begin(self) -> None:
        self.obstacle = None
        self._began = self.reactor.seconds()
        self._starting = starting = Deferred.fromCoroutine(self._bring_up())
        starting.addCallbacks(self._came_up, self._not_up)

    def _came_up(self, session: Session) -> None:
        self._starting = self.obstacle = None
        self._pause = 0.0
        self._session = session
        self._life.up()

    def _not_up(self, reason: Failure) -> None:
        self._starting = None
        # whoever has to wait for the next try can say why
        self.obstacle = reason.value if isinstance(reason.value, ModemNotReady) else None
        self._session = None
        self._pause = min(self._pause * 2 or PAUSE_FIRST, PAUSE_LONGEST)
        if not reason.check(ModemError, CancelledError):
            self._log.failure(
                "the modem {name} could not be brought up", reason, name=self.profile.name
            )
        self._life.failed(reason)

    def do_stop(self) -> None:
        """Give up bringing it up."""
        timer, self._pause_timer = self._pause_timer, None
        if timer is not None:
            timer.cancel()
        if self._starting is not None:
            self._starting.cancel()

    def do_admit(self) -> None:
        """Let those in who wait."""
        # if it is lost again, or just being lost, they wait for the next one
        self._callers.admit(
            lambda: self._session if self._session and self._session.over is None else None
        )
        if self._callers and self._session is None:
            self._life.demand()

    def do_refuse(self, reason: Failure) -> None:
        """Tell those who wait; for those who came too late to be helped it is tried again."""
        self._callers.refuse(reason, self._life.demand)

    def do_refuse_all(self, reason: Failure) -> None:
        """Tell all who wait: there will be no other try."""
        self._callers.refuse_all(reason)

    def do_shut(self) -> None:
        """End what there is, and close the device."""
        self._closing = True
        self._shutdown.forget()
        session, channels = self._session, self._channels
        asleep = session is not None and session.idling.asleep
        if session is not None:
            session.end(f"the modem {self.profile.name} was closed", wanted=True)
        if channels is not None:
            # a module that takes no bytes must not hold up the end
            self._linger = self.reactor.callLater(LINGER, self._lingered, channels)
            left = leave(self.reactor, channels.control.port, None if asleep else self._family)
            left.addCallback(lambda _: channels.close())

    def _lingered(self, channels: Channels) -> None:
        self._linger = None
        channels.abort()

    async def _bring_up(self) -> Session:
        problem: ModemError | None = None
        for _ in range(_ATTEMPTS):
            try:
                return await self._try_bring_up()
            except (ModuleLost, PortLost, CommandTimeout) as e:
                # it restarts or was pulled out; DeviceError ends the loop when it stays away
                problem = e
                # in a later turn: the port that is going has not told everybody yet
                await deferLater(self.reactor, 0, lambda: None)
            except NoAnswer as e:
                raise with_culprit(in_case(e, self.profile.kind), self.profile) from None
            except CommandFailed as e:
                raise ModemNotReady(
                    f"the modem {self.profile.name} could not be brought up: {e.message}",
                    code=e.code,
                    command=e.command,
                    trace=e.trace,
                ) from None
        raise ModemNotReady(
            f"the modem {self.profile.name} could not be brought up: {problem}",
            trace=problem.trace if problem is not None else (),
        )

    async def _try_bring_up(self) -> Session:
        if self._channels is None:
            control = await open_channel(self.reactor, self.profile.device, self, self._opener)
            control.port.trace.write_to(self._trace_file)
            self._channels = Channels(
                self.reactor,
                control,
                self.profile.data_devices,
                self._opener,
                self._trace,
                self._left,
            )
        channels = self._channels
        control = channels.control
        session = await bring_up(
            self.reactor,
            control.port,
            control.wire,
            self.profile,
            self._family,
            self._pin,
            self._make_session,
            self._in_the_way,
            control.device in self._left.in_data_mode,
            self._identified,
            self._left.busy.get(control.device, 0.0),
        )
        channels.in_command_mode(control)
        session.check()
        firmware = session.family.firmware
        self.info = ModemInfo(firmware.model, firmware.revision, firmware.imei, session.family.name)
        return session

    def _in_the_way(self, problem: ModemNotReady | None) -> None:
        self.obstacle = in_case(problem, self.profile.kind)

    def _identified(self, family: Family) -> None:
        # it knows what the module was like, however the bring-up ends
        self._family = family

    def _make_session(self, family: Family) -> Session:
        assert self._channels is not None
        session = Session(
            self.reactor, self._channels, family, self.profile, self._session_ended, self._now
        )
        session.files.progress = self._progress
        session.files.in_doubt = self._files_in_doubt
        session.files.named = self.named
        session.wedge = self._wedge
        session.revival = self._revival
        session.advice = self._advice
        # from here on a restart of the module is seen, also while it is being brought up
        self._session = session
        return session

    def _session_ended(self, session: Session, reason: Failure) -> None:
        if session is not self._session:
            return
        self._session = None
        was_up = self._starting is None
        self._life.lost()
        problem = reason.value
        assert isinstance(problem, ModemError)
        if was_up:
            losses, self._losses = self._losses, []
            for lost in losses:
                if not lost.called:
                    lost.callback(problem)
        if self._callers and not self._closing:
            self._life.demand()

    # -- what the port says

    def urc(self, line: bytes, block: bytes) -> Route | None:
        """A line came that no command had asked for."""
        return self._session.urc(line, block) if self._session is not None else None

    def block_length(self, line: bytes) -> int:
        """Say how many counted bytes follow it."""
        if self._session is None:
            return 0
        return self._session.family.block_length(line, self._session.pushing)

    def port_lost(self, reason: Failure) -> None:
        """The device is gone."""
        channels, self._channels = self._channels, None
        if channels is not None:
            channels.note_mode(channels.control)
            channels.abort()
        if self._session is not None:
            self._session.end(f"the device {self.profile.device} is gone")
        linger, self._linger = self._linger, None
        if linger is not None:
            linger.cancel()
        shut, self._shut = self._shut, []
        for each in shut:
            each.callback(None)

    def port_unresponsive(self) -> None:
        """The module does not answer."""
        if self._session is not None:
            self._session.end("the module has stopped to answer")
