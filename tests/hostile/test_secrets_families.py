"""Secrets appear nowhere on the other families either: their commands have other forms."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final

from twisted.python.failure import Failure

from tests.hostile.test_secrets import PASSWORD, PIN, USER, Refusal, SecretCase
from tests.modules import KINDS, family_of
from twisted_quectel.emulator.faults import Fault
from twisted_quectel.profiles import TLSProfile
from twisted_quectel.testing import EmulatedModule, ModuleSettings

#: The commands that carry a secret or are on the way, by model.
COMMANDS: Final = {
    "M95": ("+CPIN", "+QICSGP", "+QSSLCFG", "+QSECWRITE", "+QSSLOPEN"),
    "BC660K-GL": ("+CPIN", "+QCGDEFCONT", "+QSSLCFG", "+QSSLOPEN"),
    "SIM5320": ("+CPIN", "+CGSOCKCONT", "+CSOCKAUTH", "+CSSLOPEN", "+CSSLSET"),
}
#: What the module says of them unasked, or under another command's name.
LINES: Final = (
    f'+QICSGP: 1,"internet","{USER}","{PASSWORD}"',
    f'AT+QIREGAPP="internet","{USER}","{PASSWORD}"',
    f'+QCGDEFCONT: "IP","internet","{USER}","{PASSWORD}",1',
    f'AT+QCGDEFCONT="IP","internet","{USER}","{PASSWORD}",1',
    f'+CSOCKAUTH: 1,1,"{PASSWORD}","{USER}"',
    f'AT+CSOCKAUTH=1,1,"{PASSWORD}","{USER}"',
    f'AT+CPIN="{PIN}"',
    f"AT+CPIN={PIN}",
)


class FamilySecrets(SecretCase):
    """Mixed into a case for each module."""

    def planted(self, *faults: Fault) -> EmulatedModule:
        """Make a module whose modem knows the secrets."""
        settings = ModuleSettings(pin=PIN, authorities=self.ca.cert_pem.bytes())
        if family_of(self.model) == "nbiot":
            settings = replace(settings, active_time=None)
        return self.secretive(*faults, settings=settings, model=self.model)

    def once(self, *faults: Fault, **arguments: Any) -> Any:
        """Connect, send and receive with a module that is new."""
        emulated = self.planted(*faults)
        own = self.kind.own_trust
        tls = TLSProfile(trust="module") if own else self.tls()
        made = self.attempt(emulated, tls, **arguments)
        self.finish(emulated)
        return made

    def test_all_is_well(self) -> None:
        """A connect in each access mode."""
        for mode in self.kind.modes:
            self.assertNotIsInstance(self.once(mode=mode), Failure)
        self.nothing_seen()

    def test_refused(self) -> None:
        """Each of the commands is refused."""
        for name in COMMANDS[self.model]:
            for code in (3, 50):
                self.once(Refusal(name, code))
        self.nothing_seen()

    def test_silence(self) -> None:
        """Each of the commands is not answered, or too late."""
        for name in COMMANDS[self.model]:
            self.once(Refusal(name), timeout=600.0)
        self.nothing_seen()

    def test_read_back(self) -> None:
        """What the host never sent, and the module reads out."""
        emulated = self.planted()
        own = self.kind.own_trust
        self.attempt(emulated, TLSProfile(trust="module") if own else self.tls())
        port = self.result_of(emulated.modem().session()).port
        for line in (*LINES, *self.key.decode().split("\n")):
            emulated.module.port("usbmodem").write(b"\r\n" + line.encode() + b"\r\n")
            self.settle()
            self.seen.shown += port.trace.last()
        self.nothing_seen()


for _kind in KINDS[1:]:
    _name = f"Secrets{_kind.label}Tests"
    globals()[_name] = type(
        _name,
        (FamilySecrets,),
        {"__doc__": f"{_kind.model}.", "__module__": __name__, "model": _kind.model},
    )
del FamilySecrets
