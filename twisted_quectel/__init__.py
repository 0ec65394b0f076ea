"""The TLS stack of a cellular module as a Twisted client endpoint.

The public names are loaded when they are first used, so that importing the
package, as the plugin does, costs next to nothing.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

from ._version import __version__

if TYPE_CHECKING:
    from .alerts import CSSLAlert
    from .at import InvalidValue
    from .autotls import AutoTLSEndpoint
    from .datagrams import ModuleUDPPort, listen_udp
    from .dtls import ModuleDTLSEndpoint
    from .endpoints import ModuleTCPEndpoint, ModuleTLSEndpoint
    from .errors import (
        ActivationFailed,
        AlertRaised,
        CertificateStoreError,
        CertificateVerificationError,
        CommandFailed,
        CommandTimeout,
        ConnectBindError,
        DeviceError,
        FTPSFailed,
        HostTLSFailed,
        IdentityNotChecked,
        ModemBusyError,
        ModemClosed,
        ModemConnectError,
        ModemDNSError,
        ModemError,
        ModemListenError,
        ModemNotReady,
        ModemParameterError,
        ModemResourceError,
        ModemTimeout,
        ModuleLost,
        NetworkDown,
        NoAnswer,
        OperationNotAllowed,
        PeerSilent,
        PortLost,
        PortUnresponsive,
        RegistrationError,
        RemoteViolation,
        SendFailed,
        SessionAlert,
        SIMError,
        SocketIdInUse,
        TCPOpenFailed,
        TLSNegotiationError,
        TLSOpenFailed,
        UnknownModel,
        UnsupportedOperation,
        UnverifiedContext,
    )
    from .ftps import FTPEntry, ModuleFTPS
    from .hosttls import HostTLS, HostTLSEndpoint
    from .httpsendpoint import ModuleHTTPSEndpoint
    from .interface import ModemInterface
    from .modem import Modem, ModemInfo, Ping, Signal, getModem
    from .modemprofile import ModemProfile
    from .profiles import TLSProfile

__all__ = [
    "ActivationFailed",
    "AlertRaised",
    "AutoTLSEndpoint",
    "CSSLAlert",
    "CertificateStoreError",
    "CertificateVerificationError",
    "CommandFailed",
    "CommandTimeout",
    "ConnectBindError",
    "DeviceError",
    "FTPEntry",
    "FTPSFailed",
    "HostTLS",
    "HostTLSEndpoint",
    "HostTLSFailed",
    "IdentityNotChecked",
    "InvalidValue",
    "Modem",
    "ModemBusyError",
    "ModemClosed",
    "ModemConnectError",
    "ModemDNSError",
    "ModemError",
    "ModemInfo",
    "ModemInterface",
    "ModemListenError",
    "ModemNotReady",
    "ModemParameterError",
    "ModemProfile",
    "ModemResourceError",
    "ModemTimeout",
    "ModuleDTLSEndpoint",
    "ModuleFTPS",
    "ModuleHTTPSEndpoint",
    "ModuleLost",
    "ModuleTCPEndpoint",
    "ModuleTLSEndpoint",
    "ModuleUDPPort",
    "NetworkDown",
    "NoAnswer",
    "OperationNotAllowed",
    "PeerSilent",
    "Ping",
    "PortLost",
    "PortUnresponsive",
    "RegistrationError",
    "RemoteViolation",
    "SIMError",
    "SendFailed",
    "SessionAlert",
    "Signal",
    "SocketIdInUse",
    "TCPOpenFailed",
    "TLSNegotiationError",
    "TLSOpenFailed",
    "TLSProfile",
    "UnknownModel",
    "UnsupportedOperation",
    "UnverifiedContext",
    "__version__",
    "getModem",
    "listen_udp",
]

_HOMES = {
    "AutoTLSEndpoint": "autotls",
    "CSSLAlert": "alerts",
    "FTPEntry": "ftps",
    "HostTLS": "hosttls",
    "HostTLSEndpoint": "hosttls",
    "InvalidValue": "at",
    "Modem": "modem",
    "ModemInfo": "modem",
    "ModemInterface": "interface",
    "ModemProfile": "modemprofile",
    "ModuleDTLSEndpoint": "dtls",
    "ModuleFTPS": "ftps",
    "ModuleHTTPSEndpoint": "httpsendpoint",
    "ModuleTCPEndpoint": "endpoints",
    "ModuleTLSEndpoint": "endpoints",
    "ModuleUDPPort": "datagrams",
    "Ping": "modem",
    "Signal": "modem",
    "TLSProfile": "profiles",
    "getModem": "modem",
    "listen_udp": "datagrams",
}


def __getattr__(name: str) -> object:
    # what has no home of its own is an exception
    if name in __all__:
        return getattr(import_module(f".{_HOMES.get(name, 'errors')}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
