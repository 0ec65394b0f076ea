"""The arguments of C{quectel}.

Nothing of Twisted is imported here, so that help and errors come at once.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from typing import Final, NoReturn

from .. import __version__
from ..tables.models import MODELS
from . import values
from .words import USAGE_ERROR, CommandError, complain, flush

#: The exit status after Ctrl-C: 128 and the signal's number.
INTERRUPTED: Final = 128 + 2

_MODES: Final = ("buffer", "push", "transparent")

_DEMO: Final = """\
Without --device and --url everything is on this machine: a TLS server on
loopback with a CA of its own, and an emulated module on a pty.  A page is
fetched through the module in each access mode, its SHA-256 is checked, and
what happens is told in words.

With --device the same is done through a real module:

  quectel demo --device /dev/ttyUSB2 --url https://example.org/ --cacert ca.pem
"""

_EMULATE: Final = """\
The module runs until Ctrl-C or SIGTERM.  Any program that speaks AT commands
can open the pty; the connections that it opens are real ones.

  quectel emulate --model EC25 --pty /tmp/ec25
  picocom /tmp/ec25          # or any other terminal program; type ATI
"""


_TRUST: Final = """\
The host makes the handshake over the module's TCP, verifies the certificates and
the name, and shows the root that the module needs.  Then it tries which of the
module's versions and suites the server accepts.

  quectel trust broker.example:8883 --device /dev/ttyUSB2 --upload
"""


_FTP: Final = """\
Files on an FTPS server, by a module that has FTPS of its own.  The
password comes from $QUECTEL_FTP_PASSWORD, from --password-file, or is asked for.

  quectel ftp ls ftp.example --user me --device /dev/ttyUSB2
  quectel ftp get ftp.example report.txt --user me --device /dev/ttyUSB2
  quectel ftp put ftp.example image.bin firmware/image.bin --user me ...
"""


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line."""

    def error(self, message: str) -> NoReturn:
        self.exit(USAGE_ERROR, f"{self.prog}: {message} ({self.prog} --help shows all)\n")


def make_parser() -> argparse.ArgumentParser:
    """Describe all arguments."""
    parser = _Parser(
        prog="quectel",
        description="The TLS stack of a cellular module as a Twisted client endpoint.",
    )
    parser.add_argument("--version", action="version", version=f"%(prog)s {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    _add_demo(
        commands.add_parser(
            "demo",
            help="fetch a page through a module in each access mode, and tell what happens",
            description=_DEMO,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _add_emulate(
        commands.add_parser(
            "emulate",
            help="run an emulated module on a pty for other programs",
            description=_EMULATE,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _add_trust(
        commands.add_parser(
            "trust",
            help="find out which CA the module needs for a server, and what the server accepts",
            description=_TRUST,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    _add_ftp(
        commands.add_parser(
            "ftp",
            help="list, fetch and send files on an FTPS server, by the module's own FTPS",
            description=_FTP,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
    )
    return parser


def _add_ftp(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "action",
        choices=("ls", "get", "put", "rm", "mkdir", "rmdir", "pwd"),
        help="what is to be done",
    )
    parser.add_argument(
        "server", type=values.ftp_server, metavar="HOST[:PORT]", help="the server (port 21)"
    )
    parser.add_argument(
        "paths",
        nargs="*",
        type=values.text,
        metavar="PATH",
        help="ls: of a directory; get: remote and local; put: local and remote; else: remote",
    )
    _add_modem(parser)
    parser.add_argument("--user", type=values.text, default="anonymous", help="(%(default)s)")
    parser.add_argument(
        "--password-file", type=values.file, metavar="FILE", help="its first line is the password"
    )
    parser.add_argument("--progress", action="store_true", help="tell how far a transfer has come")
    _add_trace(parser)
    parser.set_defaults(run=_ftp)


def _add_modem(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--device", type=values.device, metavar="PATH", help="serial device of the module"
    )
    parser.add_argument(
        "--modem",
        type=values.text,
        metavar="NAME",
        help="a modem of the modem file (that of a string that names none)",
    )
    parser.add_argument("--model", type=values.model, metavar="MODEL", help="of the device")
    parser.add_argument("--baudrate", type=values.baudrate, help="speed of the line (115200)")
    parser.add_argument("--apn", type=values.text, help="access point name")


def _add_trace(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trace",
        nargs="?",
        const="-",
        type=values.text,
        metavar="FILE",
        help="write the AT dialogue to FILE, or among the other output",
    )


def _add_demo(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--mode",
        action="append",
        choices=_MODES,
        help="access mode, may be given several times (all three; on a real module "
        "transparent only if it is asked for)",
    )
    parser.add_argument(
        "--size", type=values.size, help="bytes of the page of the demo's own server (1M)"
    )
    parser.add_argument(
        "--trace",
        nargs="?",
        const="-",
        type=values.text,
        metavar="FILE",
        help="write the AT dialogue to FILE, or among the other output",
    )
    parser.add_argument(
        "--baudrate",
        type=values.baudrate,
        help="speed of the line (3000000 for the emulated module, 115200 for a device)",
    )
    parser.add_argument(
        "--latency",
        type=values.latency,
        metavar="MS",
        help="milliseconds that the emulated module thinks before an answer (2)",
    )
    parser.add_argument(
        "--model",
        type=values.model,
        metavar="MODEL",
        help=f"of {', '.join(MODELS)} (EC25; a device is asked)",
    )
    real = parser.add_argument_group("a real module, a real server")
    real.add_argument(
        "--device", type=values.device, metavar="PATH", help="serial device of the module"
    )
    real.add_argument(
        "--modem", type=values.text, metavar="NAME", help="a modem of the modem file, for --device"
    )
    real.add_argument("--url", type=values.url, metavar="URL", help="an https:// address to fetch")
    real.add_argument(
        "--cacert", type=values.file, metavar="FILE", help="the CA of that server, PEM"
    )
    real.add_argument(
        "--no-verify", action="store_true", help="do not verify the server: anybody may be it"
    )
    real.add_argument("--apn", type=values.text, help="access point name")
    real.add_argument(
        "--sha256", type=values.sha256, metavar="HEX", help="what the page's hash has to be"
    )
    parser.set_defaults(run=_demo)


def _add_emulate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--model",
        type=values.model,
        default="EC25",
        metavar="MODEL",
        help=f"of {', '.join(MODELS)} (%(default)s)",
    )
    parser.add_argument(
        "--pty",
        action="append",
        type=values.link,
        metavar="PATH",
        help="make a symbolic link to the pty here; given again: further ports of the module",
    )
    parser.add_argument(
        "--tcp",
        type=values.listening,
        metavar="[ADDRESS:]PORT",
        help="serve the port on TCP in place of a pty, as a serial server does",
    )
    parser.add_argument(
        "--baudrate", type=values.baudrate, help="speed of the line (as fast as it goes)"
    )
    parser.add_argument(
        "--latency",
        type=values.latency,
        default="0",
        metavar="MS",
        help="milliseconds that the module thinks before an answer (%(default)s)",
    )
    parser.add_argument(
        "--cut",
        type=values.size,
        default=0,
        metavar="BYTES",
        help="have what is read at once be at most so many bytes, at random (whole)",
    )
    parser.add_argument(
        "--profile",
        default="strict",
        choices=("strict", "as_printed"),
        help="as_printed takes and answers what the documents' examples print (%(default)s)",
    )
    parser.add_argument(
        "--quirk",
        action="append",
        default=[],
        metavar="NAME",
        help="a deviation of the module; may be given several times",
    )
    parser.add_argument(
        "--fault",
        action="append",
        default=[],
        metavar="NAME[:KEY=VALUE,...]",
        help="something that goes wrong; may be given several times",
    )
    parser.add_argument("--list", action="store_true", help="list the quirks and faults, and end")
    parser.add_argument(
        "--host",
        action="append",
        default=[],
        type=values.host,
        metavar="NAME=ADDRESS",
        help="address of a name that nobody else can resolve",
    )
    parser.add_argument(
        "--redirect",
        action="append",
        default=[],
        type=values.redirect,
        metavar="HOST:PORT=ADDRESS:PORT",
        help="where connections to a host and port really go",
    )
    parser.add_argument(
        "--pin",
        type=values.pin,
        metavar="PIN",
        help="the SIM card asks for this PIN (none)",
    )
    parser.add_argument(
        "--authorities",
        type=values.authorities,
        default=b"",
        metavar="PEM",
        help="the CAs that the module trusts by itself, if no command loads any (none)",
    )
    parser.add_argument(
        "--verdicts",
        action="store_true",
        help="print what the host does against the documents",
    )
    parser.set_defaults(run=_emulate)


def _add_trust(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("server", type=values.server, metavar="HOST:PORT", help="the server")
    _add_modem(parser)
    parser.add_argument(
        "--cacert", type=values.file, metavar="FILE", help="trust these CAs, not the system's"
    )
    parser.add_argument(
        "--client-cert", type=values.file, metavar="FILE", help="a client certificate, PEM"
    )
    parser.add_argument("--client-key", type=values.file, metavar="FILE", help="its key")
    parser.add_argument(
        "--upload", action="store_true", help="put the root on the module, and say its path"
    )
    parser.add_argument(
        "--save", type=values.link, metavar="FILE", help="write the root to a new file"
    )
    parser.add_argument(
        "--timeout",
        type=values.seconds,
        default="60",
        metavar="S",
        help="seconds for each connection (%(default)s)",
    )
    _add_trace(parser)
    parser.set_defaults(run=_trust)


def _demo(arguments: argparse.Namespace) -> int:
    from .demo import run_demo

    return run_demo(arguments)


def _emulate(arguments: argparse.Namespace) -> int:
    from .emulate import run_emulate

    return run_emulate(arguments)


def _ftp(arguments: argparse.Namespace) -> int:
    from .ftp import run_ftp

    return run_ftp(arguments)


def _trust(arguments: argparse.Namespace) -> int:
    from .trust import run_trust

    return run_trust(arguments)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command.

    @param argv: the arguments; L{None}: those of the process.
    @return: the exit status: 0, 1 if it failed, 2 for wrong arguments, 128 and
        the signal's number after a signal.
    """
    try:
        arguments = make_parser().parse_args(argv)
        run: Callable[[argparse.Namespace], int] = arguments.run
        return run(arguments)
    except CommandError as e:
        if str(e):
            complain(str(e))
        return e.status
    except KeyboardInterrupt:
        # before the reactor ran
        return INTERRUPTED
    finally:
        flush()
