"""What an emulated module is and where it lives: SIM, network, clock, sizes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class ModuleSettings:
    """The state of an emulated module before a host speaks to it.

    @ivar revision: what C{AT+CGMR} answers; empty for one of the model's.
    @ivar imei: 15 digits.
    @ivar imsi: 15 digits.
    @ivar iccid: 19 or 20 digits.
    @ivar sim: whether a SIM is inserted.
    @ivar pin: the SIM's PIN, which is then asked for; empty for 1234 and a
        SIM that does not ask for it.
    @ivar puk: the SIM's PUK.
    @ivar pin_tries: tries left for the PIN, 0-3.
    @ivar registration: state once registered, 27.007 chapter 7.2: 1 home,
        5 roaming, 3 denied, 0 not searching, 2 searching for ever.
    @ivar registration_delay: seconds from power-on (or PIN) to it.
    @ivar operator: what C{AT+COPS?} answers.
    @ivar signal: RSSI 0-31 or 99.
    @ivar booted: whether the module was switched on long ago, so that no boot
        URC is to be seen; else it boots when it is created.
    @ivar boot_delay: seconds from power-on to C{RDY}.
    @ivar power_down_delay: seconds from C{OK} to C{POWERED DOWN}.
    @ivar time: the module's time at its creation; L{None} for the host's own.
    @ivar time_known: whether the network told the time; else the clock starts
        in January 1980 until C{AT+CCLK} sets it.
    @ivar clock_offset: seconds by which the module's clock is ahead of the
        network's time.
    @ivar address: the address that a PDP context is given.
    @ivar dns: the name servers that it is given.
    @ivar pdp_delay: seconds that C{AT+QIACT} takes.
    @ivar ufs_size: bytes of the UFS file system.
    @ivar ram_size: bytes of the RAM file system.
    @ivar urcport: the port that URCs go to.
    @ivar receive_limit: bytes that one socket buffers for the host.
    @ivar send_limit: bytes that one socket buffers for the network.
    @ivar round_trip: seconds that the answer to a probe of C{AT+QPING}, or of a time
        server, takes.
    @ivar connect_timeout: seconds for DNS and TCP; chapter 2.2.2 has 150, the SIM52xx note 120.
    @ivar active_time: NB-IoT: seconds without use after which a module that may sleep deeply
        does (T3324, which the network grants); L{None}: it never does.
    @ivar wake_time: NB-IoT: seconds that waking from light sleep takes; what is heard in
        them is lost.
    @ivar authorities: PEM of the CAs in the firmware, on modules whose documents have
        no command to load one (SIM52xx); empty for none.
    """

    revision: str = ""
    imei: str = "861075020000007"
    imsi: str = "460010123456789"
    iccid: str = "89860118801234567890"
    sim: bool = True
    pin: str = ""
    puk: str = "12345678"
    pin_tries: int = 3
    registration: int = 1
    registration_delay: float = 0.0
    operator: str = "CHN-UNICOM"
    signal: int = 28
    booted: bool = True
    boot_delay: float = 3.0
    power_down_delay: float = 0.5
    time: datetime | None = None
    time_known: bool = True
    clock_offset: float = 0.0
    address: str = "10.7.157.1"
    dns: tuple[str, str] = ("10.7.157.53", "10.7.157.54")
    pdp_delay: float = 0.0
    ufs_size: int = 1 << 20
    ram_size: int = 1 << 18
    urcport: str = "usbmodem"
    receive_limit: int = 16384
    send_limit: int = 16384
    round_trip: float = 0.05
    connect_timeout: float = 150.0
    active_time: float | None = 60.0
    wake_time: float = 0.02
    authorities: bytes = b""
