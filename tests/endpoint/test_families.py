"""The tests of connections, over a module of each further family in each of its access modes."""

from __future__ import annotations

from tests.endpoint.test_connecting import ConnectingTests
from tests.endpoint.test_disturbed import DisturbedTests
from tests.endpoint.test_producers import ProducerTests
from tests.endpoint.test_recovery import Recovery
from tests.endpoint.test_tcp import PlainCase, TCPTests
from tests.endpoint.test_transport import TransportTests
from tests.endpoint.virtual import VirtualCase
from tests.modules import KINDS

_SECURE = (ConnectingTests, DisturbedTests, ProducerTests, Recovery, TransportTests)
_PLAIN = (TCPTests, ProducerTests)


def _make(mixin: type, case: type[VirtualCase], model: str, mode: str, name: str) -> None:
    members = {"model": model, "mode": mode, "__module__": __name__, "__doc__": mixin.__doc__}
    globals()[name] = type(name, (mixin, case), members)


for _kind in KINDS[1:]:
    for _mode in _kind.modes:
        for _secure in _SECURE:
            _name = (
                f"{_kind.label}{_mode.capitalize()}{_secure.__name__.removesuffix('Tests')}Tests"
            )
            _make(_secure, VirtualCase, _kind.model, _mode, _name)
    for _mode in _kind.plain_modes:
        for _mixin in _PLAIN:
            _name = f"{_kind.label}{_mode.capitalize()}Plain{_mixin.__name__}"
            _make(_mixin, PlainCase, _kind.model, _mode, _name)

# only what is above is to be run from here
del ConnectingTests, DisturbedTests, ProducerTests, Recovery, TCPTests, TransportTests
