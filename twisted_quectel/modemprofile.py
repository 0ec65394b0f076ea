"""One modem as its owner describes it: the device, the SIM, the network, default TLS arguments."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from types import MappingProxyType
from typing import Any, Final

from .arguments import (
    Naming,
    camel_case,
    read_boolean,
    read_choice,
    read_integer,
    read_text,
    suggestion,
)
from .at.syntax import InvalidValue
from .devicestrings import check_endpoint
from .profiles import TLSProfile, read_arguments
from .tables.lte import PDP_IDS, SSL_CONTEXT_IDS
from .tables.models import MODELS

#: The device that stands for a module within this process.
EMULATOR: Final = "emulator"

_EMULATED_MODEL: Final = "EC25"

#: Arguments that are never shown.
SECRET_ARGUMENTS: Final = ("password", "pin")

_AUTHENTICATIONS: Final = ("none", "pap", "chap")
_IP_TYPES: Final = ("ipv4", "ipv6", "ipv4v6")
_URC_PORTS: Final = ("usbat", "usbmodem", "uart1", "uart2", "all")
_CLOCKS: Final = ("host", "network", "none")
_DATA_FORMATS: Final = ("text", "hex", "text/hex", "hex/text")
_KEY_STORES: Final = ("ram", "ufs", "nvram")
#: AT Commands Manual, AT+IPR.
_BAUDRATES: Final = range(4800, 4000001)
_MAX_TEXT: Final = 127


@dataclass(frozen=True)
class ModemProfile:
    """The description of one modem, checked when it is made.

    @ivar name: what messages and logs call it.
    @ivar device: absolute path of a serial device, C{emulator}, or a client
        endpoint's description such as C{tcp:host:port}.
    @ivar model: the model, if it shall not be asked for: C{EC25}.
    @ivar baudrate: bits per second of a serial device, 4800-4000000.
    @ivar rtscts: whether RTS and CTS are wired and used.
    @ivar apn: access point name; L{None}: as the module has it.
    @ivar user: for the access point; never shown.  It and the three that
        follow ask for C{apn}.
    @ivar password: for the access point; never shown.
    @ivar auth: C{none}, C{pap} or C{chap}; left out: C{pap} if there is a user.
    @ivar ip: C{ipv4}, C{ipv6} or C{ipv4v6}.
    @ivar pdp: the PDP context that is used if a connection names none, 1-16.
    @ivar pin: of the SIM, 4-8 digits; never shown.
    @ivar pin_tries: whether the PIN may be tried with fewer than all tries left.
    @ivar dns: at most two addresses of name servers.
    @ivar data_devices: further ports of the same module, for transparent connections.
    @ivar urc_port: where the module sends URCs (C{AT+QURCCFG}): C{usbat},
        C{usbmodem}, C{uart1}, C{uart2} or C{all}; L{None}: found out.
    @ivar clock: who sets the module's clock: C{host}, C{network} or C{none}.
    @ivar allow_restart: whether a module that does not recover may be restarted.
    @ivar keys: where private keys go, C{ram} or C{ufs}; C{nvram}, where a module has that, is
        for certificates too.
    @ivar data_format: how data is written, where a module has a choice: C{text}, C{hex},
        C{text/hex} (sent as text, received in hexadecimal digits) or C{hex/text}.
    @ivar idle_sleep: whether a module that can sleeps while it has no connection.
    @ivar tls: TLS arguments in camelCase for connections that give none.
    @ivar contexts: profiles that are set at each bring-up, by SSL context, 0-5.
    @raise InvalidValue: by the constructor, if something is out of range.
    """

    name: str
    device: str
    model: str | None = None
    baudrate: int = 115200
    rtscts: bool = False
    apn: str | None = None
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    auth: str | None = None
    ip: str = "ipv4"
    pdp: int = 1
    pin: str | None = field(default=None, repr=False)
    pin_tries: bool = False
    dns: tuple[str, ...] = ()
    data_devices: tuple[str, ...] = ()
    urc_port: str | None = None
    clock: str = "host"
    allow_restart: bool = True
    keys: str = "ram"
    data_format: str = "text"
    idle_sleep: bool = False
    tls: Mapping[str, object] = field(
        default_factory=lambda: MappingProxyType({}), repr=False, hash=False
    )
    contexts: Mapping[int, TLSProfile] = field(
        default_factory=lambda: MappingProxyType({}), hash=False
    )

    def __post_init__(self) -> None:
        given = {item.name: getattr(self, item.name) for item in fields(self)}
        for name, value in settle(given, str).items():
            object.__setattr__(self, name, value)
        if self.kind == EMULATOR and self.model is None:
            # what it is must be known before it is there to be asked
            object.__setattr__(self, "model", _EMULATED_MODEL)

    @property
    def kind(self) -> str:
        """C{serial}, C{emulator} or C{endpoint}: how the device is opened."""
        if self.device == EMULATOR:
            return EMULATOR
        return "serial" if self.device.startswith("/") else "endpoint"

    @property
    def key(self) -> str:
        """What is the same for two descriptions of one device.

        A link such as C{/dev/serial/by-id/...} counts as what it leads to.
        """
        if self.kind == "serial":
            return os.path.realpath(self.device)
        if self.kind == EMULATOR:
            return f"{EMULATOR}:{self.model}"
        return self.device

    def is_for_datagrams(self, ctx: int | None) -> bool:
        """Tell whether an SSL context is provisioned for DTLS."""
        tls = None if ctx is None else self.contexts.get(ctx)
        return tls is not None and tls.dtls

    def differences(self, other: ModemProfile) -> tuple[str, ...]:
        """Name the attributes in which two descriptions differ, but for C{name}."""
        return tuple(
            item.name
            for item in fields(self)
            if item.name not in ("name", "device")
            and getattr(self, item.name) != getattr(other, item.name)
        ) + (("device",) if self.key != other.key else ())


#: What may stand in a modem's table of the modem file, in camelCase.
MODEM_ARGUMENTS: Final = tuple(
    camel_case(item.name) for item in fields(ModemProfile) if item.name != "name"
)

_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "auth": _AUTHENTICATIONS,
    "ip": _IP_TYPES,
    "urc_port": _URC_PORTS,
    "clock": _CLOCKS,
    "keys": _KEY_STORES,
    "data_format": _DATA_FORMATS,
}
#: What is of no use without C{apn}, and what it is when it is left out.
_OF_THE_APN: Final[Mapping[str, str | None]] = {
    "user": None,
    "password": None,
    "auth": "none",
    "ip": "ipv4",
}
_BOOLEANS: Final = ("rtscts", "pin_tries", "allow_restart", "idle_sleep")


def settle(given: Mapping[str, Any], naming: Naming) -> dict[str, Any]:
    """Read the values of a description and compare what must go together.

    What it gives can be given to it again, and comes back the same.

    @param given: values by the attributes' names.
    @param naming: spells an attribute's name as the user does.
    @raise InvalidValue: naming the first argument that cannot be.
    """
    values = {name: _read(name, naming(name), value) for name, value in given.items()}
    if values.get("password") is not None and values.get("user") is None:
        raise InvalidValue(naming("user"), f"{naming('password')} is of no use without it")
    _compare_devices(values, naming)
    if values.get("auth") is None:
        values["auth"] = "none" if values.get("user") is None else "pap"
    elif values["auth"] != "none" and values.get("user") is None:
        raise InvalidValue(naming("user"), f"{naming('auth')}={values['auth']} needs it")
    _compare_access(values, naming)
    return values


def _compare_devices(values: Mapping[str, Any], naming: Naming) -> None:
    """Refuse a port that has two parts to play, by whatever name."""
    taken = {os.path.realpath(values["device"])} if values.get("device") else set()
    for device in values.get("data_devices", ()):
        if values.get("device") == device or os.path.realpath(device) in taken:
            what = "the device for commands already" if len(taken) == 1 else "given twice"
            raise InvalidValue(naming("data_devices"), f"{device} is {what}")
        taken.add(os.path.realpath(device))


def _compare_access(values: Mapping[str, Any], naming: Naming) -> None:
    """Refuse what says how an access point is used where none is named."""
    if values.get("apn") is not None:
        return
    for name, left_out in _OF_THE_APN.items():
        if values.get(name, left_out) not in (None, left_out):
            raise InvalidValue(
                naming(name),
                f"goes together with {naming('apn')}: without it the module's own settings hold",
            )


def _read(name: str, argument: str, value: Any) -> Any:
    """Read one value of a description."""
    if name in ("dns", "data_devices"):
        return _read_list(name, argument, value)
    if name == "tls":
        return MappingProxyType(_read_tls(argument, value))
    if name == "contexts":
        return MappingProxyType(_read_contexts(argument, value))
    if name in _BOOLEANS:
        return read_boolean(argument, value)
    if name == "baudrate":
        return read_integer(argument, value, _BAUDRATES[0], _BAUDRATES[-1])
    if name == "pdp":
        return read_integer(argument, value, PDP_IDS[0], PDP_IDS[-1])
    if name == "name":
        return _read_name(argument, value)
    if name == "device":
        return read_device(argument, value)
    if value is None:
        return None
    if name in _CHOICES:
        return read_choice(argument, value, _CHOICES[name])
    if name == "model":
        return read_model(argument, value)
    if name == "pin":
        return _read_pin(argument, value)
    return read_text(argument, value, _MAX_TEXT, secret=name in SECRET_ARGUMENTS)


def read_device(argument: str, value: object) -> str:
    """Read a device: a path, C{emulator}, or a client endpoint's description."""
    if not isinstance(value, str) or not value:
        raise InvalidValue(argument, "give a serial device, such as /dev/ttyUSB2")
    if not value.isprintable():
        raise InvalidValue(argument, f"{value!r} holds a control character")
    if value == EMULATOR or value.startswith("/"):
        return value
    if ":" in value:
        check_endpoint(argument, value)
        return value
    near = suggestion(value, (EMULATOR,)) or f"; did you mean /dev/{value}?"
    raise InvalidValue(
        argument,
        f"{value!r} is neither an absolute path, nor {EMULATOR}, nor a client endpoint{near}",
    )


def read_model(argument: str, value: object) -> str:
    """Read a model, such as C{EC25} or C{EC25-E}; case does not matter."""
    if isinstance(value, str):
        model = value.upper()
        if model.startswith(MODELS):
            return read_text(argument, model, _MAX_TEXT)
    near = suggestion(value, MODELS) if isinstance(value, str) else ""
    raise InvalidValue(
        argument, f"{value!r} is not a known model (known: {', '.join(MODELS)}){near}"
    )


def _read_name(argument: str, value: object) -> str:
    """Read a modem's name."""
    if not isinstance(value, str) or not value or not value.isprintable():
        raise InvalidValue(argument, f"{value!r} cannot be the name of a modem")
    return value


def _read_pin(argument: str, value: object) -> str:
    """Read a PIN without ever showing it."""
    if isinstance(value, int):
        raise InvalidValue(argument, "write it in quotes: a number loses its leading zeros")
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{4,8}", value):
        raise InvalidValue(argument, "must be 4 to 8 digits")
    return value


def _read_list(name: str, argument: str, value: object) -> tuple[str, ...]:
    """Read a list: of texts, or one text with commas."""
    if isinstance(value, str):
        items: list[object] = [item.strip() for item in value.split(",") if item.strip()]
    elif isinstance(value, Iterable):
        items = list(value)
    else:
        raise InvalidValue(argument, f"must be a list, not {value!r}")
    if name == "data_devices":
        return tuple(read_device(argument, item) for item in items)
    if len(items) > 2:
        raise InvalidValue(argument, f"at most two name servers, not {len(items)}")
    addresses = []
    for item in items:
        try:
            addresses.append(str(ip_address(str(item))))
        except ValueError:
            raise InvalidValue(argument, f"{item!r} is not an IP address") from None
    return tuple(addresses)


def _read_tls(argument: str, value: object) -> dict[str, object]:
    """Check TLS arguments one by one; together they are checked with their connection's."""
    if not isinstance(value, Mapping):
        raise InvalidValue(
            argument,
            'must be a table of TLS arguments, such as {"cacert": "/etc/ssl/ca.pem"}, '
            f"not {type(value).__name__}",
        )
    read_arguments(value, prefix=f"{argument}.")
    return dict(value)


def _read_contexts(argument: str, value: object) -> dict[int, TLSProfile]:
    """Check the numbers of SSL contexts."""
    if not isinstance(value, Mapping):
        raise InvalidValue(argument, f"must be a table for each context, {argument}.1")
    contexts = {}
    for number, profile in value.items():
        if not isinstance(profile, TLSProfile):
            raise InvalidValue(f"{argument}.{number}", "must be a TLSProfile")
        contexts[
            read_integer(f"{argument}.{number}", number, SSL_CONTEXT_IDS[0], SSL_CONTEXT_IDS[-1])
        ] = profile
    return dict(sorted(contexts.items()))
