"""Sessions with a blow at one point each."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.endpoint.virtual import HOST
from tests.killpoints.actions import Blow
from tests.killpoints.bench import Bench
from tests.modules import kind_of
from tests.tlsservers import ServerOptions, make_ca
from twisted_quectel.emulator.killpoints import Crossing, Tap
from twisted_quectel.profiles import TLSProfile


@dataclass(frozen=True)
class Point:
    """Where something happens.

    @ivar number: of the piece.
    @ivar offset: bytes of it that cross before.
    @ivar crossing: what the piece is.
    """

    number: int
    offset: int
    crossing: Crossing

    def __str__(self) -> str:
        crossing = self.crossing
        return (
            f"#{self.number} {crossing.port} {crossing.piece.value} {crossing.text!r} "
            f"at {self.offset} of {crossing.size}"
        )


_served: dict[str, tuple[ServerOptions, TLSProfile]] = {}
#: The CA of each model's server, PEM.
authorities: dict[str, bytes] = {}


def served(folder: str, model: str = "EC25") -> tuple[ServerOptions, TLSProfile]:
    """Give what the server needs, made once for each model, and what the client does.

    Each shows the other a certificate, so that there are three files to bring up.
    """
    if model not in _served:
        ca, client_ca = make_ca(), make_ca()
        authorities[model] = ca.cert_pem.bytes()
        if kind_of(model).own_trust:
            _served[model] = kind_of(model).server_options(ca, HOST), kind_of(model).tls("")
            return _served[model]
        leaf = client_ca.issue_cert("client.example")
        content = {
            "cacert": ca.cert_pem.bytes(),
            "client_cert": leaf.cert_chain_pems[0].bytes(),
            "client_key": leaf.private_key_pem.bytes(),
        }
        for name, pem in content.items():
            with open(folder + name, "wb") as file:
                file.write(pem)
        options = kind_of(model).server_options(ca, HOST, client_ca=client_ca.cert_pem.bytes())
        files: dict[str, Any] = {name: folder + name for name in content}
        _served[model] = options, TLSProfile(**files)
    return _served[model]


class Runner:
    """Runs the sessions of one form."""

    def __init__(
        self, form: str, options: ServerOptions, profile: TLSProfile, **arguments: Any
    ) -> None:
        """
        @param arguments: of the emulated module.
        """
        self.form = form
        self._arguments = arguments
        self._options = options
        self._profile = profile

    def bench(self, tap: Tap) -> Bench:
        """Make a bench."""
        return Bench(self.form, self._options, self._profile, tap, **self._arguments)

    def record(self, every: bool = False) -> Iterator[Point]:
        """Have a session in which nothing happens, and give the points in it.

        @param every: points within lines too.
        """
        tap = Tap()
        bench = self.bench(tap)
        bench.run()
        crossings = list(tap.crossings)
        bench.finish()
        if bench.problems:
            raise AssertionError(f"{self.form}: {bench.problems}")
        for number, crossing in enumerate(crossings):
            for offset in crossing.offsets(every):
                yield Point(number, offset, crossing)

    def run(self, blow: type[Blow], point: Point) -> list[str]:
        """Have a session in which something happens; give what is not as it must be."""
        happening: list[Blow] = []
        tap = Tap(point.number, point.offset, lambda *what: happening[0](*what))
        bench = self.bench(tap)
        happening.append(blow(bench))
        bench.run()
        if not tap.fired:
            bench.problems.append("the point was not reached")
        else:
            happening[0].session_over()
            bench.wait_for(happening[0].ready, "the module's return", 60.0)
            bench.again()
        bench.finish()
        return [f"{self.form}, {blow.__name__} {point}: {problem}" for problem in bench.problems]
