"""What is likely behind each exception, the likeliest first, and what helps."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

#: By the name of the exception's class.
CAUSES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "CommandFailed": (
            "the module's state does not allow the command now",
            "this firmware does not have the command, or not with these values",
        ),
        "CommandTimeout": (
            "the module hangs or is restarting",
            "the line loses bytes: speed, cable, flow control (rtscts)",
            "the network takes longer than the documents allow",
        ),
        "PortLost": (
            "the module restarted or was unplugged",
            "another program has taken the device",
        ),
        "PortUnresponsive": (
            "the module hangs",
            "it was switched off, or its line was cut, without a word",
        ),
        "ModemConnectError": (
            "the module or the network had a passing problem: try again",
            "the firmware has a fault: the code and the trace say more",
        ),
        "ModemBusyError": (
            "more connections, SSL contexts or channels are wanted than there are; busy=wait waits",
            "a transparent connection has the only channel; dataDevices gives it another",
        ),
        "ModemParameterError": (
            "the module is wedged and has to be restarted, if every open fails like this",
            "the firmware does not take a value that was given",
        ),
        "UnsupportedOperation": (
            "this model or firmware cannot do it",
            "a newer firmware can",
        ),
        "OperationNotAllowed": (
            "another PDP context holds the connection; name that one by pdp",
            "the contract or the SIM does not allow it",
        ),
        "ModemResourceError": (
            "too many connections or files at once",
            "a leak of the firmware: restart the module",
        ),
        "ConnectBindError": ("the module has just used the same port: try again",),
        "NetworkDown": (
            "apn, user, password or ip of the modem are not what the operator wants",
            "the signal is weak or the network overloaded",
            "the contract has no data, or no more of it",
        ),
        "SocketIdInUse": (
            "a connection of an earlier host is still open, or its close has not ended: try again",
        ),
        "ModemDNSError": (
            "the name is wrong",
            "the DNS server of the PDP context does not answer; dns names another",
        ),
        "TLSOpenFailed": (
            "the server's certificate does not come from cacert, or has expired by the module's "
            "clock",
            "server and module have no TLS version or cipher suite in common (the module has no "
            "TLS 1.3)",
            "the server wants a client certificate",
            "nothing listens on that port, or a firewall is in between",
            "the server's name is not in its certificate (firmware with checkhost)",
        ),
        "ModemTimeout": (
            "the server or the network is slow or silent; timeout can be raised",
            "busy=wait waits for something that does not become free",
        ),
        "IdentityNotChecked": ("the firmware has no checkhost; identity=prefer accepts that",),
        "ModemNotReady": (
            "the module has just been switched on: try again",
            "the module or its line is not in order: see the trace",
        ),
        "DeviceError": (
            "the device is not plugged in, or has another name",
            "another program has it (ModemManager, getty)",
            "the user may not open it (group dialout)",
        ),
        "NoAnswer": (
            "the device is not the module's AT port",
            "the module is off or hangs",
            "the speed is another (baudrate), or the line is cut",
        ),
        "UnknownModel": (
            "the module speaks like one that is known: force it by model",
            "no driver knows it",
        ),
        "SIMError": (
            "there is no SIM, or it does not make contact",
            "the PIN is missing or wrong",
            "the SIM is locked and wants its PUK",
        ),
        "RegistrationError": (
            "antenna or coverage",
            "the SIM's contract, or roaming that it does not allow",
            "the operator does not have this technology here",
        ),
        "CertificateStoreError": (
            "the module's file system is full",
            "bytes were lost on the line: speed, flow control (rtscts)",
        ),
        "UnverifiedContext": (
            "nobody has configured the SSL context since the module's start; give cacert, or "
            "contexts in the modem file",
        ),
        "ModemClosed": ("the program has closed the modem, or ends",),
        "ModuleLost": (
            "the module restarted: power supply, firmware, watchdog",
            "the network ended the packet data connection",
            "it was unplugged or switched off",
        ),
        "SendFailed": (
            "the connection was closed before all was sent",
            "the network does not take bytes any more",
            "the packet data connection is down",
        ),
        "RemoteViolation": (
            "bytes were lost on the line: speed, flow control (rtscts)",
            "the firmware has a fault",
        ),
    }
)
