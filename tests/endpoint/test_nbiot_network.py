"""The packet data connection of NB-IoT modules: what it is defined as, and its addresses."""

from __future__ import annotations

from typing import Any

from tests.endpoint.protocols import Serving
from tests.endpoint.test_nbiot import NBIoTCase
from tests.endpoint.virtual import PORT
from twisted_quectel import ModuleTCPEndpoint, errors

#: An address of the module, and another one.
OWN, THEIRS = "2001:db8::7", "2001:db8::9"
#: The first of them as 27.007 chapter 10.1.23 has it.
NUMBERS = "32.1.13.184.0.0.0.0.0.0.0.0.0.0.0.7"


class DefinitionTests(NBIoTCase):
    """C{AT+QCGDEFCONT}, which is saved."""

    def test_changed(self) -> None:
        """What has changed in the modem file is said anew, the password alone too; else nothing."""
        modem = self.begin()
        self.result_of(modem.close())
        known = self.nb().pdp
        for said, password, auth in (
            (1, "one", "pap"),
            (0, "one", "pap"),
            (1, "two", "pap"),
            (1, "two", "chap"),
            (0, "two", "chap"),
        ):
            modem = self.emulated.modem(apn="net", user="me", password=password, auth=auth)
            modem.trace_to(self.trace)
            before = len(self.sent("+QCGDEFCONT="))
            self.closes(self.open())
            self.assertEqual(len(self.sent("+QCGDEFCONT=")) - before, said)
            self.assertEqual((known.user, known.password), ("me", password))
            self.assertEqual(known.authentication, {"pap": 1, "chap": 2}[auth])
            self.result_of(modem.close())

    def test_password_that_is_not_shown(self) -> None:
        """Where the module keeps it to itself it proves nothing, and is not said again."""
        self.description = {"apn": "net", "user": "me", "password": "one"}
        modem = self.begin()
        port = self.nb().port()
        write = type(port).write
        self.patch(port, "write", lambda data: write(port, data.replace(b'"one"', b'"***"')))
        for said in (1, 0):
            before = len(self.sent("+QCGDEFCONT="))
            self.closes(self.open())
            self.assertEqual(len(self.sent("+QCGDEFCONT=")) - before, said)
            self.result_of(modem.close())
            modem = self.emulated.modem(**self.description)
            modem.trace_to(self.trace)

    def test_refused(self) -> None:
        """One that the module does not take is told by name, without its secrets."""
        for given in ({"apn": "x" * 100}, {"apn": "net", "user": "u" * 65, "password": "secret"}):
            self.network = type(self.network)(self.clock)
            self.description = dict(given)
            self.begin()
            problem = self.problem(errors.NetworkDown)
            self.one_line(problem, "apn: ", "+QCGDEFCONT")
            self.assertNotIn("secret", str(problem))

    def test_not_let_in(self) -> None:
        """A network that refuses is told with what may be wrong."""
        self.description = {"apn": "net"}
        self.begin()
        port = self.nb().port()
        write = type(port).write
        attaching = [False]

        def refuse(data: bytes) -> None:
            last = self.sent("+")[-1:]
            attaching[0] = last == ["+CGATT=1"]
            write(port, data.replace(b"OK", b"ERROR") if attaching[0] else data)

        self.patch(port, "write", refuse)
        problem = self.problem(errors.NetworkDown)
        self.one_line(problem, "apn, user and password")


class AddressTests(NBIoTCase):
    """C{AT+CGPADDR}."""

    def test_both_kinds(self) -> None:
        """A module with an address of each kind is one of both."""
        for told, host in (
            (f'"10.7.157.1","{OWN}"', THEIRS),
            (f'"10.7.157.1","{NUMBERS}"', THEIRS),
            (f'"{OWN}"', THEIRS),
            (f'"10.7.157.1","{OWN}"', "192.0.2.9"),
        ):
            self.network = type(self.network)(self.clock)
            self.description = {"ip": "ipv4v6"}
            modem = self.begin()
            self.network.listen(host, PORT, Serving())
            port = self.nb().port()
            write = type(port).write

            def say(data: bytes, port: Any = port, write: Any = write, told: str = told) -> None:
                write(
                    port, data.replace(b'CGPADDR: 0,"10.7.157.1"', b"CGPADDR: 0," + told.encode())
                )

            self.patch(port, "write", say)
            self.closes(self.connect(ModuleTCPEndpoint(modem, host, PORT)))

    def test_none_of_that_kind(self) -> None:
        """An address of a kind that the module has none of is refused."""
        self.begin()
        self.one_line(self.problem(errors.UnsupportedOperation, host=THEIRS), "host: ", "IPv6")
