"""The modem file: the modems of this host, in TOML, a table for each.

    [gateway]
    device = "/dev/ttyUSB2"
    apn = "internet"
    pin = "1234"

    [gateway.tls]
    cacert = "broker-ca.pem"

    [gateway.contexts.1]
    cacert = "other-ca.pem"

Argument names are those of endpoint strings; relative paths of certificates
and keys are relative to the file.  C{contexts.N} starts from C{tls}, as a
connection does.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from .arguments import camel_case, snake_case, suggestion
from .at.syntax import InvalidValue
from .modemprofile import EMULATOR, MODEM_ARGUMENTS, SECRET_ARGUMENTS, ModemProfile, settle
from .profiles import TLS_ARGUMENTS, TLSProfile, merge_arguments, read_arguments

#: The environment variable that names the modem file.
VARIABLE: Final = "TWISTED_QUECTEL_MODEMS"

#: The modem that is meant where none is named.
DEFAULT_MODEM: Final = "default"

_SYSTEM: Final = Path("/etc")
_FOLDER: Final = "twisted-quectel"
_FILE: Final = "modems.toml"
_MAX_SIZE: Final = 1 << 20
_OTHERS: Final = 0o077


def places(environ: Mapping[str, str] | None = None, system: Path = _SYSTEM) -> tuple[Path, ...]:
    """Name where a modem file is looked for, first place first.

    @param environ: the environment; L{None}: that of the process.
    @param system: what C{/etc} is.
    """
    environ = os.environ if environ is None else environ
    if environ.get(VARIABLE):
        return (Path(environ[VARIABLE]),)
    # the XDG specification has relative paths ignored
    config = Path(environ.get("XDG_CONFIG_HOME", ""))
    if not config.is_absolute():
        config = Path(environ.get("HOME") or Path.home(), ".config")
    return (config / _FOLDER / _FILE, system / _FOLDER / _FILE)


def find_modem_file(
    environ: Mapping[str, str] | None = None, system: Path = _SYSTEM
) -> Path | None:
    """Find the modem file.

    @return: what C{$TWISTED_QUECTEL_MODEMS} names, whether it exists or not,
        else the user's, else the system's, else L{None}.
    """
    environ = os.environ if environ is None else environ
    for path in places(environ, system):
        if environ.get(VARIABLE) or path.exists():
            return path
    return None


def load_modem_file(path: str | os.PathLike[str]) -> dict[str, ModemProfile]:
    """Read a modem file.

    @return: the modems by their names, in the file's order.
    @raise InvalidValue: of one line, if it cannot be read, is no TOML, has an
        unknown key or a value out of range, or holds secrets that others may read.
    """
    path = Path(path).absolute()
    tables, mode = _read(path)
    _check_keys(tables, path)
    secrets = list(_secrets(tables))
    if secrets and mode & _OTHERS:
        raise InvalidValue(
            "modem",
            f"{path} holds secrets ({', '.join(secrets)}) and is open to others: chmod 600 {path}",
        )
    try:
        return {name: _modem(name, table, path.parent) for name, table in tables.items()}
    except InvalidValue as e:
        raise InvalidValue(e.argument, f"{e.problem} (in {path})") from None


def choose(
    modem: str | None,
    device: Mapping[str, str],
    environ: Mapping[str, str] | None = None,
    system: Path = _SYSTEM,
) -> ModemProfile:
    """Give the modem that an endpoint string means.

    @param modem: the argument of that name.
    @param device: C{device} and the arguments beside it, those that are given.
    @param environ: as for L{find_modem_file}.
    @param system: as for L{find_modem_file}.
    @return: C{device} as it is written out; else the modem of that name; else
        the one called C{default}; else the only one in the modem file.
    @raise InvalidValue: if that names no modem.
    """
    if "device" in device:
        if modem is not None:
            raise InvalidValue("modem", "give modem or device, not both")
        return _written_out(device)
    for argument in device:
        raise InvalidValue(
            argument, "goes together with device; what a modem of the modem file has stands there"
        )
    path = find_modem_file(environ, system)
    if path is None:
        looked = " or ".join(str(place) for place in places(environ, system))
        raise InvalidValue(
            "modem", f"there is no modem file ({looked}): write one, or give device=/dev/..."
        )
    modems = load_modem_file(path)
    if modem is not None:
        if modem not in modems:
            listed = ", ".join(modems) or "none"
            raise InvalidValue(
                "modem",
                f"{path} has no modem {modem!r} (it has: {listed}){suggestion(modem, modems)}",
            )
        return modems[modem]
    if DEFAULT_MODEM in modems:
        return modems[DEFAULT_MODEM]
    if len(modems) == 1:
        return next(iter(modems.values()))
    if not modems:
        raise InvalidValue("modem", f"{path} has no modem: write a table for it")
    raise InvalidValue(
        "modem",
        f"say which: {path} has {', '.join(modems)}, and none of them is called {DEFAULT_MODEM}",
    )


def _written_out(device: Mapping[str, str]) -> ModemProfile:
    """Make a modem of the arguments in an endpoint string."""
    values = {snake_case(argument): value for argument, value in device.items()}
    # the name last: what is wrong with it is wrong with the device
    profile = ModemProfile(**settle({**values, "name": device["device"]}, camel_case))
    # there may be one emulator of each model
    return replace(profile, name=profile.key) if profile.kind == EMULATOR else profile


def _read(path: Path) -> tuple[dict[str, Any], int]:
    """Give the file's tables and its mode."""
    try:
        with open(path, "rb") as file:
            mode = os.fstat(file.fileno()).st_mode
            text = file.read(_MAX_SIZE + 1)
    except OSError as e:
        raise InvalidValue("modem", f"cannot read the modem file {path}: {e.strerror}") from None
    if len(text) > _MAX_SIZE:
        raise InvalidValue("modem", f"the modem file {path} is larger than {_MAX_SIZE} bytes")
    try:
        return tomllib.loads(text.decode("utf-8")), mode
    except UnicodeDecodeError:
        raise InvalidValue("modem", f"the modem file {path} is not UTF-8") from None
    except (tomllib.TOMLDecodeError, RecursionError) as e:
        reason = str(e).replace("\n", " ")
        raise InvalidValue("modem", f"the modem file {path} is no TOML: {reason}") from None


def _check_keys(table: Mapping[str, Any], path: Path) -> None:
    """Refuse keys that would not fit into a message of one line."""
    for key, value in table.items():
        if not key.isprintable():
            raise InvalidValue("modem", f"the key {key!r} holds a control character (in {path})")
        if isinstance(value, dict):
            _check_keys(value, path)


def _secrets(table: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    """Name the keys that hold secrets, in this table and those within it."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _secrets(value, f"{prefix}{key}.")
        elif key in (*SECRET_ARGUMENTS, "psk"):
            yield prefix + key


def _modem(name: str, table: object, folder: Path) -> ModemProfile:
    """Make a modem of its table."""
    if not isinstance(table, dict):
        raise InvalidValue(name, f"must stand in the table of a modem, [NAME] above {name}")
    for key in table:
        if key in MODEM_ARGUMENTS:
            continue
        if key in TLS_ARGUMENTS:
            raise InvalidValue(f"{name}.{key}", f"a TLS argument: put it under [{name}.tls]")
        near = suggestion(key, MODEM_ARGUMENTS)
        raise InvalidValue(f"{name}.{key}", f"there is no such argument{near}")
    if "device" not in table:
        raise InvalidValue(f"{name}.device", "give the serial device, such as /dev/ttyUSB2")
    values = {snake_case(key): value for key, value in table.items()}
    tls = _tls(f"{name}.tls", table.get("tls", {}), folder)
    contexts = _tables(f"{name}.contexts", table.get("contexts", {}))
    values["tls"] = tls
    values["contexts"] = {
        number: TLSProfile.from_arguments(
            merge_arguments(tls, _tls(f"{name}.contexts.{number}", arguments, folder)),
            prefix=f"{name}.contexts.{number}.",
        )
        for number, arguments in contexts.items()
    }
    naming = {snake_case(key): f"{name}.{key}" for key in (*MODEM_ARGUMENTS, "name")}
    return ModemProfile(**settle({"name": name, **values}, lambda item: naming[item]))


def _tables(argument: str, value: object) -> dict[str, object]:
    """Make sure that this is a table."""
    if not isinstance(value, dict):
        raise InvalidValue(argument, f"must be a table, [{argument}]")
    return value


def _tls(argument: str, value: object, folder: Path) -> dict[str, object]:
    """Read a table of TLS arguments; its paths become absolute."""
    values = read_arguments(_tables(argument, value), folder=folder, prefix=f"{argument}.")
    return {camel_case(name): item for name, item in values.items()}
