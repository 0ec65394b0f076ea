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
        "ModemListenError": (
            "the port is in use already on the module",
            "all connections of the module are in use: a server takes one of them",
            "the modem is not up: ready() of the interface says when it is",
        ),
        "NetworkDown": (
            "apn, user, password or ip of the modem are not what the operator wants",
            "the signal is weak or the network overloaded",
            "the contract has no data, or no more of it",
        ),
        "ActivationFailed": (
            "apn, user, password of the modem are not what the operator wants",
            "the module is stuck: it is restarted where allowRestart lets it, and not too often",
            "the contract has no data, or no more of it",
        ),
        "SocketIdInUse": (
            "a connection of an earlier host is still open, or its close has not ended: try again",
        ),
        "ModemDNSError": (
            "the name is wrong",
            "the DNS server of the PDP context does not answer; dns names another",
        ),
        "TCPOpenFailed": (
            "nothing listens on that port",
            "the server cannot be reached from the operator's network, or a firewall is in between",
        ),
        "TLSOpenFailed": (
            "the server's certificate does not come from cacert",
            "the server's certificate has expired, or is not valid yet, by the module's clock",
            "server and module have no TLS version or cipher suite in common (the module has no "
            "TLS 1.3; quecteltls: and tls=auto have)",
            "the server wants a client certificate",
            "nothing listens on that port, or a firewall is in between",
            "the server's name is not in its certificate (firmware with checkhost)",
        ),
        "AlertRaised": (
            "the server's certificate or TLS is not what the module takes: the alerts say what",
            "somebody is in between",
        ),
        "CertificateVerificationError": (
            "the server's certificate comes from no CA of the module's, or is for another name",
            "it has expired, or is not valid yet, by the module's clock",
            "somebody is in between",
            "where that is how the server is meant to be, allowAlerts names what may pass; "
            "quecteltls: has the host verify it",
        ),
        "TLSNegotiationError": (
            "server and module have no TLS version or cipher suite in common (quecteltls: and "
            "tls=auto have more)",
            "the server wants a client certificate, or knows no such name",
        ),
        "SessionAlert": (
            "the server has ended the connection by an alert of TLS, which says why",
            "something on the way has changed the bytes, or wants to be in between",
        ),
        "PeerSilent": (
            "the server has ended the connection, and the module has no word for that",
            "the server has nothing to say: idleTimeout is too short for the protocol",
        ),
        "FTPSFailed": (
            "the server does not allow it: the path, the name or the rights are wrong",
            "the login has ended: the server closes idle ones; log in again",
            "the server has no explicit FTPS on that port, or the data connection is blocked",
        ),
        "HostTLSFailed": (
            "the server's certificate comes from no CA that is trusted here: cacert names one",
            "the server's certificate is for another name, or has expired",
            "the server wants a client certificate",
            "server and host have no TLS version or cipher suite in common",
        ),
        "ModemTimeout": (
            "the server or the network is slow or silent; timeout can be raised",
            "busy=wait waits for something that does not become free",
        ),
        "IdentityNotChecked": (
            "the firmware has no checkhost; identity=prefer accepts that, quecteltls: and tls=host "
            "check the name on the host",
        ),
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
            "the SIM starts slowly, or does not make good contact",
            "the SIM is damaged, or of a kind that the module does not take",
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

#: By the name of the exception's class and that of the case, where more is known.
CASES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "DeviceError.missing": (
            "the module is not plugged in, switched off, or just restarting",
            "it got another name when it was plugged in again; those under /dev/serial/by-id stay",
            "the kernel has no driver for it",
        ),
        "DeviceError.forbidden": (
            "the user is not in the group of the device (dialout)",
            "the user has been put into the group since the login",
        ),
        "DeviceError.busy": (
            "another program has it (ModemManager, getty, a terminal program)",
            "an earlier run of this program has not ended",
        ),
        "DeviceError.kind": ("the path is that of something else than a serial port",),
        "DeviceError.baudrate": ("the port's driver does not have this speed",),
        "DeviceError.emulator": (
            "two modems of this process want the same emulated module",
            "there is no emulated module of that model",
        ),
        "DeviceError.endpoint": (
            "the serial server is off, or does not listen on that port",
            "its address or port is another",
            "it takes one connection, and somebody else has it",
            "a firewall is in between",
        ),
        "NoAnswer.shared": (
            "the other program takes the answers",
            "the device is not the module's AT port",
            "the module is off or hangs",
        ),
        "NoAnswer.endpoint": (
            "the module is off or hangs",
            "the speed of the serial server's line is not the module's; it is set there",
            "what listens at that address is no serial server, or another port of it",
        ),
        "NoAnswer.emulator": ("a fault of the emulated module keeps it silent",),
        "SIMError.absent": (
            "there is no SIM, or it does not make contact",
            "the module uses another slot",
        ),
        "SIMError.pin": (
            "pin is not given for this modem",
            "the SIM is another one than it used to be",
        ),
        "SIMError.refused": (
            "the PIN is wrong",
            "the SIM is another one than the PIN is for",
        ),
        "SIMError.tries": (
            "a wrong PIN was given before, by this program or in a telephone",
            "the SIM is another one than the PIN is for",
        ),
        "SIMError.locked": (
            "a wrong PIN was given too often: the SIM wants its PUK",
            "the module is locked to another operator",
        ),
    }
)

#: What an LTE module may mean by 566 (chapter 5), the likeliest first, each with
#: the facts of the connection that have to be there for it, or not to be (with
#: a C{!}).
LTE_HANDSHAKE: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (
        ("files",),
        "{files} is not on the module (AT+QFLST lists what is; the RAM drive is empty after a "
        "restart), or holds something else",
    ),
    (("verifies",), "the server's certificate does not come from cacert"),
    (
        ("verifies", "dates"),
        "the server's certificate has expired, or is not valid yet, by the module's clock",
    ),
    (("psk",), "the server does not know pskIdentity, has another psk, or takes none at all"),
    (("client",), "the server does not take the client certificate: wrong or unknown CA, expired"),
    (
        ("restricted",),
        "the server does not take what sslVersion and ciphers leave ({offer})",
    ),
    (
        ("!restricted",),
        "server and module have no TLS version or cipher suite in common (the module has no "
        "TLS 1.3; quecteltls: and tls=auto have)",
    ),
    (("!client",), "the server wants a client certificate"),
    ((), "nothing listens on that port, or a firewall is in between"),
    (("silent",), "the server wants to be told its name, which sni=0 forbids"),
    (
        ("verifies", "names"),
        "the server's name is not in its certificate (firmware with checkhost)",
    ),
)

#: What a GSM module may mean by -1 (its note, chapter 2.2.2): it has fewer suites, and sends no
#: server name.
GSM_HANDSHAKE: Final[tuple[tuple[tuple[str, ...], str], ...]] = (
    (
        ("files",),
        "{files} is not on the module (RAM: is empty after a restart), or holds something else",
    ),
    (
        ("!restricted",),
        "server and module have no TLS version or cipher suite in common (the module has six "
        "suites, all with RSA key exchange, and no TLS 1.3; quecteltls: and tls=auto have more)",
    ),
    (
        ("restricted",),
        "the server does not take what sslVersion and ciphers leave ({offer})",
    ),
    (("verifies",), "the server's certificate does not come from cacert"),
    (
        ("verifies", "dates"),
        "the server's certificate has expired, or is not valid yet, by the module's clock",
    ),
    (("client",), "the server does not take the client certificate: wrong or unknown CA, expired"),
    (("!client",), "the server wants a client certificate"),
    ((), "the server wants to be told its name, which the module does not do"),
    ((), "the name does not resolve, nothing listens on that port, or a firewall is in between"),
    ((), "the packet data connection is down; behind two such opens it is made anew"),
)
