"""Who else has a device open, and how to make them let go of it (Linux C{/proc})."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Final, TypeVar

from ..errors import ModemError, NoAnswer
from ..modemprofile import ModemProfile

_T = TypeVar("_T", bound=ModemError | None)

#: Programs that take serial ports unasked, by the beginning of their name.
_REMEDIES: Final = {
    "ModemManager": (
        "stop it (systemctl stop ModemManager), or let it ignore the modem by a udev rule"
        ' with ENV{ID_MM_DEVICE_IGNORE}="1"'
    ),
    "agetty": "stop the login on this port (systemctl stop serial-getty@%s)",
    "getty": "stop the login on this port (systemctl stop serial-getty@%s)",
    "brltty": "remove brltty, or stop its udev unit (systemctl stop brltty-udev)",
}


@dataclass(frozen=True)
class Holder:
    """A process that has a device open.

    @ivar pid: its number.
    @ivar name: its name as the kernel knows it, at most 15 characters.
    """

    pid: int
    name: str

    def remedy(self, device: str) -> str:
        """Say how the device is got back from it."""
        if self.pid == os.getpid():
            return "this process has it open already; share one modem, or close it first"
        for name, remedy in _REMEDIES.items():
            if self.name == name:
                return remedy.replace("%s", os.path.basename(device))
        return "end it, or give another device"


def lock_holder(device: str) -> Holder | None:
    """Find who holds the lock (C{flock}) on a device, if that can be seen."""
    try:
        status = os.stat(device)
        with open("/proc/locks", encoding="ascii") as file:
            lines = file.readlines()
    except OSError:
        return None
    major, minor = os.major(status.st_dev), os.minor(status.st_dev)
    node = f"{major:02x}:{minor:02x}:{status.st_ino}"
    for line in lines:
        fields = line.split()
        # "1: FLOCK  ADVISORY  WRITE 5950 00:1a:3 0 EOF"; waiters have "->" before FLOCK
        if len(fields) >= 6 and fields[1] == "FLOCK" and fields[5] == node:
            pid = int(fields[4])
            # a holder in another container has no number here
            return _holder(pid) if pid > 0 else None
    return None


def holders(device: str) -> list[Holder]:
    """Find who has a device open, with or without a lock.

    Takes about 10 ms; sees the processes of other users only as root.
    """
    target = os.path.realpath(device)
    found = []
    for entry in _listed("/proc"):
        if not entry.isdecimal():
            continue
        for number in _listed(f"/proc/{entry}/fd"):
            try:
                if os.readlink(f"/proc/{entry}/fd/{number}") == target:
                    found.append(_holder(int(entry)))
                    break
            except OSError:
                continue  # closed meanwhile
    return found


def in_case(problem: _T, case: str) -> _T:
    """Note in which case a problem arose, for its likely causes."""
    if problem is not None:
        problem.case = case
    return problem


def with_culprit(problem: NoAnswer, profile: ModemProfile) -> NoAnswer:
    """Name who else has the device open, and may take the answers."""
    device = profile.device
    if profile.kind != "serial" or os.path.realpath(device).startswith("/dev/pts/"):
        # whoever has a pty open too may well be the module behind it
        return problem
    others = [each for each in holders(device) if each.pid != os.getpid()]
    if not others:
        return problem
    other = others[0]
    return NoAnswer(
        f"{problem.message}; {other.name} (pid {other.pid}) has {device} open too: "
        f"{other.remedy(device)}",
        case="shared",
        command=problem.command,
        trace=problem.trace,
    )


def _listed(path: str) -> list[str]:
    try:
        return os.listdir(path)
    except OSError:
        return []  # ended meanwhile, or another user's


def _holder(pid: int) -> Holder:
    try:
        with open(f"/proc/{pid}/comm", encoding="utf-8", errors="replace") as file:
            return Holder(pid, file.read().strip())
    except OSError:
        return Holder(pid, "a process")
