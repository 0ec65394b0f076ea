"""Reading and comparing the values of a L{TLSProfile<twisted_quectel.profiles.TLSProfile>}.

Source: LTE SSL Application Note v1.1, chapter 2.2.1; ranges: Table 3 and its
parameters.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Final

from .alertvalues import read_alerts
from .arguments import (
    Naming,
    read_boolean,
    read_choice,
    read_integer,
    read_text,
    suggestion,
)
from .at.syntax import InvalidValue
from .pem import (
    MODULE_PREFIX,
    PEM,
    ModuleFile,
    Source,
    check_pair,
    load_certificate,
    load_certificates,
    load_key,
)
from .tables.ciphers import ALL_SUITES, LTE_SUITES
from .tables.lte import NEGOTIATE_TIMES, PSK_MAX_LENGTH

#: C{<SSL_version>} by the names that users write.
SSL_VERSION_NUMBERS: Final[Mapping[str, int]] = {
    "tls1.2": 3,
    "tls1.1": 2,
    "tls1.0": 1,
    "ssl3": 0,
    "all": 4,
}
FILE_ARGUMENTS: Final = ("cacert", "cacertex", "client_cert", "client_key")

_ALPN_MAX: Final = 255
_NONE_ALLOWED: Final = (
    *FILE_ARGUMENTS,
    "sni",
    "psk_identity",
    "psk",
    "session_cache",
    "negotiate_time",
)
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "verify": ("peer", "none"),
    "identity": ("prefer", "require"),
    "ssl_version": tuple(SSL_VERSION_NUMBERS),
    "close_time_mode": ("s", "ms"),
    "dtls_version": ("1.0", "1.2"),
}
_TRUSTS: Final = ("module",)
_SUITES_BY_NAME: Final = {suite.name: suite.number for suite in LTE_SUITES}
_SUITE_NUMBERS: Final = frozenset(_SUITES_BY_NAME.values())
_HEX: Final = re.compile(r"([0-9A-Fa-f]{2})+")


class Verify(StrEnum):
    """Whether the server has to prove who it is."""

    PEER = "peer"
    NONE = "none"


class Identity(StrEnum):
    """What to do where the firmware cannot compare the certificate with the host name."""

    PREFER = "prefer"
    REQUIRE = "require"


def cipher_suite(argument: str, value: object) -> int:
    """Give the number of a suite, 0xFFFF for C{all}.

    @param value: an IANA name, a number, C{0Xhhhh}, or C{all}.
    @raise InvalidValue: if it is none of the module's 31 suites.
    """
    if isinstance(value, str):
        if value.lower() == "all":
            return ALL_SUITES
        if value.upper() in _SUITES_BY_NAME:
            return _SUITES_BY_NAME[value.upper()]
        if re.fullmatch(r"0[xX][0-9A-Fa-f]{1,4}", value):
            value = int(value, 16)
    if isinstance(value, int) and not isinstance(value, bool):
        if value in _SUITE_NUMBERS or value == ALL_SUITES:
            return value
        raise InvalidValue(argument, f"0X{value:04X} is not one of the module's cipher suites")
    if isinstance(value, str) and re.search(r"[,: ]", value.strip()):
        raise InvalidValue(argument, "a module takes one suite or all of them, not a list")
    near = suggestion(value, ("all", *_SUITES_BY_NAME)) if isinstance(value, str) else ""
    raise InvalidValue(
        argument,
        f"must be one IANA name, one number 0Xhhhh, or all; not {value!r}{near}",
    )


def read_value(
    name: str, argument: str, value: object, folder: str | os.PathLike[str] | None = None
) -> Any:
    """Read one value by itself; files are not opened.

    @param name: the attribute's name.
    @param argument: the same as the user spells it.
    @param folder: what a relative path is relative to.
    @return: the value in its final type; a file as path or L{Source}.
    @raise InvalidValue: if it is out of range.
    """
    if value is None and name in _NONE_ALLOWED:
        return None
    if name in FILE_ARGUMENTS:
        return _read_file_argument(argument, value, folder)
    if name == "trust":
        return "" if value in ("", None) else read_choice(argument, value, _TRUSTS)
    if name == "allow_alerts":
        return read_alerts(argument, value)
    if name in _CHOICES:
        return read_choice(argument, value, _CHOICES[name])
    if name == "ciphers":
        number = cipher_suite(argument, value)
        return "all" if number == ALL_SUITES else number
    if name == "alpn":
        return read_text(argument, value, _ALPN_MAX)
    if name == "psk_identity":
        return read_text(argument, value, PSK_MAX_LENGTH, 1)
    if name == "psk":
        key = read_text(argument, value, PSK_MAX_LENGTH, 2, secret=True)
        if not _HEX.fullmatch(key):
            raise InvalidValue(argument, "must be hexadecimal, two digits for each byte")
        return key
    if name == "negotiate_time":
        return read_integer(argument, value, NEGOTIATE_TIMES[0], NEGOTIATE_TIMES[-1])
    return read_boolean(argument, value)


def _read_file_argument(
    argument: str, value: object, folder: str | os.PathLike[str] | None
) -> Source | str:
    """Read what says where a certificate or key is."""
    if isinstance(value, (PEM, ModuleFile)):
        return value
    if not isinstance(value, (str, os.PathLike)):
        raise InvalidValue(argument, f"must be the path of a file, not {type(value).__name__}")
    path = os.fspath(value)
    if not isinstance(path, str) or not path:
        raise InvalidValue(argument, "give the path of a PEM file")
    if path.startswith(MODULE_PREFIX):
        return ModuleFile(read_text(argument, path.removeprefix(MODULE_PREFIX), 80, 1))
    return path if folder is None else os.path.join(folder, path)


def settle(given: Mapping[str, Any], naming: Naming) -> dict[str, Any]:
    """Read all values, open the files, and compare what must go together.

    What it gives can be given to it again, and comes back the same.

    @param given: a value for every attribute of the profile.
    @param naming: spells an attribute's name as the user does.
    @raise InvalidValue: naming the first argument that cannot be.
    """
    values = {name: read_value(name, naming(name), value) for name, value in given.items()}
    _load_files(values, naming)
    if values["cacertex"] is not None and values["cacert"] is None:
        raise InvalidValue(naming("cacertex"), f"give the first CA as {naming('cacert')}")
    if values["allow_alerts"]:
        values["trust"] = "module"
    _compare_pair(values, naming, "client_cert", "client_key")
    _compare_pair(values, naming, "psk_identity", "psk")
    if isinstance(values["client_cert"], PEM) and isinstance(values["client_key"], PEM):
        check_pair(values["client_cert"], values["client_key"], naming("client_key"))
    _compare_verification(values, naming)
    return values


def _load_files(values: dict[str, Any], naming: Naming) -> None:
    """Put the content of files in the place of their paths."""
    cacert = values["cacert"]
    if isinstance(cacert, str):
        first, *further = load_certificates(naming("cacert"), cacert)
        values["cacert"] = first
        if further and values["cacertex"] is not None:
            raise InvalidValue(
                naming("cacertex"), f"{cacert} holds two certificates already: leave one in it"
            )
        if further:
            values["cacertex"] = further[0]
    for name in ("cacertex", "client_cert"):
        if isinstance(values[name], str):
            values[name] = load_certificate(naming(name), values[name])
    if isinstance(values["client_key"], str):
        values["client_key"] = load_key(naming("client_key"), values["client_key"])


def _compare_pair(values: Mapping[str, Any], naming: Naming, one: str, other: str) -> None:
    """Refuse the one without the other."""
    for present, absent in ((one, other), (other, one)):
        if values[present] is not None and values[absent] is None:
            raise InvalidValue(naming(absent), f"{naming(present)} is of no use without it")


def _compare_verification(values: Mapping[str, Any], naming: Naming) -> None:
    """Let nobody through unverified who did not ask for it."""
    verify, cacert, client = naming("verify"), naming("cacert"), naming("client_cert")
    if values["trust"] == "module":
        _compare_own_trust(values, naming)
    elif values["verify"] == "none":
        if values["client_cert"] is not None:
            raise InvalidValue(
                client,
                "a module that shows a client certificate verifies the server too:"
                f" leave out {verify}=none and give {cacert}, or leave out {client}",
            )
        if values["identity"] == "require":
            raise InvalidValue(naming("identity"), f"require cannot be had with {verify}=none")
    elif values["cacert"] is None:
        if values["psk"] is None:
            raise InvalidValue(
                verify,
                f"peer needs something to verify the server with: give {cacert}=FILE, or"
                f" {naming('psk_identity')} and {naming('psk')}, or write {verify}=none to do"
                f" without; a module that judges by CAs of its own wants {naming('trust')}=module",
            )
        if values["identity"] == "require":
            raise InvalidValue(
                naming("identity"),
                f"require compares a certificate's name: give {cacert}; with a PSK alone the key"
                " is what tells who the server is",
            )
        if values["client_cert"] is not None:
            raise InvalidValue(
                cacert,
                f"with {client} the module verifies the server too: give the server's CA",
            )


def _compare_own_trust(values: Mapping[str, Any], naming: Naming) -> None:
    """Refuse what stands beside the module's own judgement."""
    own = naming("allow_alerts") if values["allow_alerts"] else f"{naming('trust')}=module"
    if values["verify"] == "none":
        raise InvalidValue(naming("verify"), f"none is the contrary of {own}: leave out one")
    for name in ("cacert", "psk", "client_cert"):
        if values[name] is not None:
            raise InvalidValue(
                naming(name), f"{own} leaves the judgement to the module alone: leave out one"
            )
    if values["identity"] == "require":
        raise InvalidValue(
            naming("identity"),
            f"require cannot be had with {own}: that the module compares the name is not known",
        )
