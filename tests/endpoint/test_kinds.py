"""What is of another kind than it has to be in Python: one line that names the argument."""

from __future__ import annotations

from typing import Any

from tests.endpoint.virtual import HOST, VirtualCase
from twisted_quectel.at import InvalidValue
from twisted_quectel.endpoints import ModuleTLSEndpoint
from twisted_quectel.modemprofile import ModemProfile
from twisted_quectel.profiles import TLSProfile


class KindTests(VirtualCase):
    """What is of another kind in Python is refused by name."""

    def test_endpoint(self) -> None:
        """No modem, a modem's name, a table in place of a profile."""
        modem = self.emulate().modem()
        tls = TLSProfile(verify="none")
        for argument, values in (
            ("modem", {"modem": None}),
            ("modem", {"modem": "gateway"}),
            ("tls", {"tls": {"verify": "none"}}),
            ("host", {"host": None}),
            ("port", {"port": None}),
            ("mode", {"mode": 1}),
            ("timeout", {"timeout": None}),
        ):
            arguments: dict[str, Any] = {"modem": modem, "host": HOST, "port": 1, "tls": tls}
            problem = self.assertRaises(InvalidValue, ModuleTLSEndpoint, **{**arguments, **values})
            self.one_line(problem, f"{argument}: ")

    def test_profile(self) -> None:
        """Tables and lists of a modem's description."""
        for argument, values in (
            ("tls", {"tls": TLSProfile(verify="none")}),
            ("tls.5", {"tls": {5: 1}}),
            ("contexts.1", {"contexts": {1: {"verify": "none"}}}),
            ("data_devices", {"data_devices": ["/dev/n", "/dev/n"]}),
            ("data_devices", {"data_devices": ["/dev/n", "/dev/m"]}),
            ("data_devices", {"data_devices": "/dev/../dev/m"}),
        ):
            given: dict[str, Any] = values
            problem = self.assertRaises(InvalidValue, ModemProfile, "a", "/dev/m", **given)
            self.one_line(problem, f"{argument}: ")
