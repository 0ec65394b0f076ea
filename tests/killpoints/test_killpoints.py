"""Sessions in which the module is killed, restarted, muted, stalled or unplugged.

At every command, answer, prompt and block: before it, behind it, and within
blocks at their first, middle and last byte, in both directions.  Here a sample
is taken, always the same; C{TWISTED_QUECTEL_KILLPOINTS=all} takes all points,
those within lines too.
"""

from __future__ import annotations

import gc
import os
import random
from typing import TYPE_CHECKING, Any

from twisted.trial.unittest import SynchronousTestCase

from tests.killpoints.actions import BLOWS
from tests.killpoints.bench import FORMS
from tests.killpoints.runs import Runner, authorities, served
from tests.modules import KINDS, kind_of

# mixed into cases, and no case itself
if TYPE_CHECKING:
    Mixed = SynchronousTestCase
else:
    Mixed = object

#: Points of each form and blow, unless all are asked for.
SAMPLE = 20


class KillPoints(Mixed):
    """The tests that run over each form of session."""

    model = "EC25"
    form = ""
    timeout = 1200

    def run_all(self, blow: str) -> None:
        """Have a session for each point."""
        options, profile = served(str(self.mktemp()), self.model)
        kind, arguments = kind_of(self.model), dict[str, Any](model=self.model)
        if kind.own_trust:
            arguments |= {"quirks": kind.quirks, "trusted": authorities[self.model]}
        runner = Runner(self.form, options, profile, **arguments)
        every = os.environ.get("TWISTED_QUECTEL_KILLPOINTS") == "all"
        points = list(runner.record(every))
        if not every:
            chance = random.Random(f"{self.form} {blow}")
            points = sorted(chance.sample(points, SAMPLE), key=lambda p: (p.number, p.offset))
        problems = [problem for point in points for problem in runner.run(BLOWS[blow], point)]
        # a Deferred whose failure nobody took says so when it goes
        gc.collect()
        self.assertEqual(problems, [], "\n" + "\n".join(problems))

    def test_killed(self) -> None:
        """The power may go at any point, and come back."""
        self.run_all("killed")

    def test_restarted(self) -> None:
        """The module may restart at any point."""
        self.run_all("restarted")

    def test_muted(self) -> None:
        """The module may hang at any point, and answer again later."""
        self.run_all("muted")

    def test_stalled(self) -> None:
        """The line may stand still at any point, and everything come 30 s later."""
        self.run_all("stalled")

    def test_unplugged(self) -> None:
        """The device may be pulled off at any point, and plugged in again."""
        self.run_all("unplugged")


#: What is said of each form.
_FORMS = {
    "buffer": "Sessions in buffer mode",
    "push": "Sessions in push mode",
    "transparent": "Sessions in transparent mode on the only port",
    "escape": "The same where DTR and DCD are not wired: the escape does what they do",
    "channels": "Two connections in transparent mode at the same time, on ports of their own",
}

for _kind in KINDS:
    for _form, _said in _FORMS.items():
        if (
            FORMS[_form][0] in _kind.modes
            and _kind.at_once(FORMS[_form][0]) > len(FORMS[_form][1]) - 1
        ):
            _name = f"{_kind.label}{_form.capitalize()}Tests"
            globals()[_name] = type(
                _name,
                (KillPoints, SynchronousTestCase),
                {
                    "__doc__": f"{_said}: {_kind.model}.",
                    "__module__": __name__,
                    "model": _kind.model,
                    "form": _form,
                },
            )


class TableTests(SynchronousTestCase):
    """The tests above leave nothing out."""

    def test_all_blows(self) -> None:
        """There is a test for each thing that can happen to a module."""
        for blow in BLOWS:
            self.assertTrue(hasattr(KillPoints, f"test_{blow}"), blow)
