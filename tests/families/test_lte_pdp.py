"""Tests for L{twisted_quectel.families.lte.pdp}: the packet data connection."""

from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.trial.unittest import SynchronousTestCase

from tests.modem.scripted import Answer, PortBench
from twisted_quectel.errors import CommandFailed, NetworkDown, OperationNotAllowed
from twisted_quectel.modemprofile import ModemProfile

UP = '+QIACT: 1,1,1,"10.7.157.1"\n\nOK'
#: Activates, and asks for the address.
BOTH = "+QIACT=1;+QIACT?"
DOWN = "OK"


class ActivateTests(SynchronousTestCase):
    """A PDP context is brought up."""

    def setUp(self) -> None:
        self.bench = PortBench()
        self.answers = self.bench.answers

    def attach(self, pdp: int = 1, **profile: Any) -> Deferred[str]:
        """Activate a context."""
        described = ModemProfile(name="m", device="/dev/m", **profile)
        return self.bench.run(self.bench.family.attach(self.bench.port, described, pdp))

    def states(self, *states: Answer) -> None:
        """Give what C{AT+QIACT?} says, one after the other."""
        self.answers["+QIACT?"] = list(states)

    def test_up_already(self) -> None:
        """An active context is used as it is: QIACT on it would be an error (note 45)."""
        self.states(UP)
        self.assertEqual(self.successResultOf(self.attach()), "10.7.157.1")
        self.assertEqual(self.bench.module.lines, ["+QIACT?"])

    def test_up_as_wanted(self) -> None:
        """One that is up with the wanted definition stays up; what is not told proves nothing."""
        login = {"user": "u", "password": "p", "auth": "chap"}
        cases: list[tuple[str, dict[str, Any]]] = [
            ('+QICSGP: 1,"internet","","",0', {}),
            ('+QICSGP: 3,"internet","u","p",2', {"ip": "ipv4v6", **login}),
            ('+QICSGP: 1,"internet","u","",2', login),
            ("+QICSGP: 1", {}),
            ("", {}),
        ]
        for said, profile in cases:
            self.setUp()
            self.states(UP)
            self.answers["+QICSGP=1"] = f"{said}\n\nOK" if said else "OK"
            self.successResultOf(self.attach(apn="internet", **profile))
            self.assertEqual(self.bench.module.lines, ["+QIACT?", "+QICSGP=1"])
        self.setUp()
        self.states(UP)
        self.answers["+QICSGP=1"] = "ERROR"
        self.successResultOf(self.attach(apn="internet"))
        self.assertEqual(self.bench.module.lines, ["+QIACT?", "+QICSGP=1"])

    def test_up_otherwise(self) -> None:
        """One that is up with another definition is taken down, defined and brought up again."""
        for said in (
            '+QICSGP: 1,"old.apn","u","p",2',
            '+QICSGP: 2,"internet","u","p",2',
            '+QICSGP: 1,"internet","other","p",2',
            '+QICSGP: 1,"internet","u","other",2',
            '+QICSGP: 1,"internet","u","p",1',
        ):
            self.setUp()
            self.states(UP)
            self.answers["+QICSGP=1"] = [f"{said}\n\nOK", "OK"]
            self.answers[BOTH] = UP
            self.successResultOf(self.attach(apn="internet", user="u", password="p", auth="chap"))
            self.assertEqual(
                self.bench.module.lines,
                ["+QIACT?", "+QICSGP=1", "+QIDEACT=1", '+QICSGP=1,1,"internet","u","p",2', BOTH],
            )

    def test_defined_and_activated(self) -> None:
        """It is defined, activated, and its address asked for (chapters 3.1.1 and 3.1.2)."""
        profiles: list[tuple[dict[str, Any], str]] = [
            ({"apn": "UNINET"}, '+QICSGP=1,1,"UNINET","","",0'),
            ({"apn": "", "ip": "ipv6"}, '+QICSGP=1,2,"","","",0'),
            (
                {"apn": "a", "ip": "ipv4v6", "user": "u", "password": "p", "auth": "chap"},
                '+QICSGP=1,3,"a","u","p",2',
            ),
            ({"apn": "a", "user": "u", "password": "p"}, '+QICSGP=1,1,"a","u","p",1'),
        ]
        for profile, line in profiles:
            self.setUp()
            self.states(DOWN, UP)
            address = self.successResultOf(self.attach(**profile))
            self.assertEqual(address, "10.7.157.1")
            self.assertEqual(self.bench.module.lines, ["+QIACT?", line, BOTH, "+QIACT?"])

    def test_left_to_the_module(self) -> None:
        """Without an APN the module's own definition stays."""
        self.states(DOWN, UP)
        self.successResultOf(self.attach())
        self.assertEqual(self.bench.module.sent("+QICSGP"), [])

    def test_another_context_is_up(self) -> None:
        """Only the context that is asked for counts, and only if it is active."""
        self.states(
            '+QIACT: 2,1,1,"10.0.0.2"\n\n+QIACT: 3,0,1,"10.0.0.3"\n\nOK',
            '+QIACT: 2,1,1,"10.0.0.2"\n\n+QIACT: 3,1,3,"10.0.0.4","2001:db8::1"\n\nOK',
        )
        self.assertEqual(self.successResultOf(self.attach(3)), "10.0.0.4,2001:db8::1")
        self.assertEqual(self.bench.module.sent("+QIACT="), ["+QIACT=3;+QIACT?"])

    def test_no_address(self) -> None:
        """A context without an address in its line is up all the same."""
        for line in ("+QIACT: 1,1,1", "+QIACT: 1,1"):
            self.setUp()
            self.states(DOWN, line + "\n\nOK")
            self.assertEqual(self.successResultOf(self.attach()), "")
        self.setUp()
        self.states(DOWN, DOWN)
        self.assertEqual(self.successResultOf(self.attach()), "")

    def test_address_at_once(self) -> None:
        """What is told on the line that activates is not asked for again."""
        self.states(DOWN)
        self.answers[BOTH] = UP
        self.assertEqual(self.successResultOf(self.attach()), "10.7.157.1")
        self.assertEqual(self.bench.module.lines, ["+QIACT?", BOTH])

    def test_half_up(self) -> None:
        """A context that broke down is taken down and tried once more."""
        self.states(DOWN, UP)
        self.answers["+QIACT=1"] = ["ERROR", "OK"]
        self.answers["+QIGETERROR"] = "+QIGETERROR: 570,PDP context break down\n\nOK"
        self.successResultOf(self.attach())
        self.assertEqual(
            self.bench.module.lines[1:5], [BOTH, "+QIGETERROR", "+QIDEACT=1", "+QIACT=1"]
        )

    def test_refused(self) -> None:
        """A context that cannot be activated tells the number and what to check."""
        self.states(DOWN)
        self.answers["+QIACT=1"] = "ERROR"
        for code, part in (("561,Open PDP context failed", "561"), ("0,ok", "no reason given")):
            self.answers["+QIGETERROR"] = f"+QIGETERROR: {code}\n\nOK"
            problem = self.failureResultOf(self.attach(), NetworkDown).value
            self.assertIn(part, str(problem))
            self.assertIn("apn", str(problem))
            self.assertEqual(problem.command, "AT+QIACT=1")

    def test_no_reason(self) -> None:
        """A firmware that does not say why is no further problem."""
        self.states(DOWN)
        self.answers["+QIACT=1"] = "ERROR"
        self.answers["+QIDEACT"] = "ERROR"
        for answer in ("ERROR", "OK"):
            self.answers["+QIGETERROR"] = answer
            problem = self.failureResultOf(self.attach(), NetworkDown).value
            self.assertIs(problem.code, None)

    def test_not_allowed(self) -> None:
        """572: another context holds the connection (note 45)."""
        self.states(DOWN)
        self.answers["+QIACT=1"] = "ERROR"
        self.answers["+QIGETERROR"] = "+QIGETERROR: 572,Operation not allowed\n\nOK"
        problem = self.failureResultOf(self.attach(), OperationNotAllowed).value
        self.assertEqual(problem.code, 572)
        self.assertIn("pdp", str(problem))

    def test_definition_refused(self) -> None:
        """A definition that the module does not take is an error; its password shows nowhere."""
        self.states(DOWN)
        self.answers["+QICSGP"] = "ERROR"
        done = self.attach(apn="a", user="ursula", password="hunter2")
        problem = self.failureResultOf(done, CommandFailed).value
        for text in (str(problem), problem.command, *problem.trace):
            self.assertNotIn("hunter2", text)
            self.assertNotIn("ursula", text)

    def test_name_servers(self) -> None:
        """The profile's name servers are set, one or two."""
        for dns in (("9.9.9.9",), ("9.9.9.9", "1.1.1.1")):
            self.setUp()
            self.states(UP)
            self.successResultOf(self.attach(dns=dns))
            quoted = ",".join(f'"{address}"' for address in dns)
            self.assertEqual(self.bench.module.sent("+QIDNSCFG"), [f"+QIDNSCFG=1,{quoted}"])

    def test_time(self) -> None:
        """Activation has the 150 s of the document, deactivation 40."""
        for answer, seconds in (("+QIACT=1", 150.0), ("+QIDEACT=1", 40.0)):
            self.setUp()
            self.states(DOWN, UP)
            self.answers[answer] = None
            run: Any = self.attach() if answer == "+QIACT=1" else self.detach()
            self.bench.clock.advance(seconds - 1)
            self.assertNoResult(run)
            self.bench.clock.advance(2)
            self.failureResultOf(run)

    def detach(self) -> Deferred[None]:
        """Deactivate context 1."""
        return self.bench.run(self.bench.family.detach(self.bench.port, 1))

    def test_deactivate(self) -> None:
        """Whether it was up does not matter (chapter 3.1.3)."""
        for answer in ("OK", "ERROR"):
            self.answers["+QIDEACT"] = answer
            self.successResultOf(self.detach())
        self.assertEqual(self.bench.module.lines, ["+QIDEACT=1"] * 2)

    def test_is_attached(self) -> None:
        """A bare OK means that nothing is up (note 5)."""
        for answer, up in ((UP, True), (DOWN, False), ("+QIACT: 1,0\n\nOK", False)):
            self.states(answer)
            done = self.bench.run(self.bench.family.is_attached(self.bench.port, 1))
            self.assertIs(self.successResultOf(done), up)
