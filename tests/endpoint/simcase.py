"""What the tests of SIM52xx modules are made of."""

from __future__ import annotations

from typing import Any

import trustme

from tests.endpoint.familycase import FamilyCase
from twisted_quectel import (
    TLSProfile,
)
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.emulator.sim52xx.module import SIM52xxModule

OWN = TLSProfile(trust="module")


class SIMCase(FamilyCase):
    """A SIM5320 whose firmware knows the CA of the servers, or does not."""

    model = "SIM5320"
    knows = True

    def begin(self, **arguments: Any) -> Any:
        """Make a module and a server; give the modem."""
        if not self.knows:
            # what is in there keeps the CA of the servers out
            other = trustme.CA().cert_pem.bytes()
            arguments.setdefault("settings", ModuleSettings(authorities=other))
        return super().begin(**arguments)

    def sim(self) -> SIM52xxModule:
        """Give the module."""
        module = self.emulated.module
        assert isinstance(module, SIM52xxModule)
        return module
