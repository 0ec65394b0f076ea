"""The table of faults is complete, and each of its tests exists."""

from __future__ import annotations

import re
from dataclasses import FrozenInstanceError, fields, is_dataclass
from importlib import import_module
from pathlib import Path
from typing import Final

from twisted.trial.unittest import SynchronousTestCase

from tests.endpoint.virtual import MODES
from twisted_quectel.cli.faultspec import read_fault
from twisted_quectel.emulator import FAULTS
from twisted_quectel.emulator.gsm.quirks import GSM_QUIRKS
from twisted_quectel.emulator.nbiot.quirks import QUIRKS as OF_NBIOT
from twisted_quectel.emulator.quirks import PROFILES, QUIRKS
from twisted_quectel.emulator.sim52xx.quirks import QUIRKS as OF_SIM52XX

PAGE: Final = Path(__file__).resolve().parent.parent.parent / "docs" / "faults.rst"

#: Items of the field notes that can be provoked, but for CMUX (48-51).
PROVOKED: Final = frozenset(
    {1, 2, 3, 4, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 18, 19, 20, 22, 26, 27, 28, 29, 32, 33}
    | {34, 35, 36, 37, 38, 39, 40, 41, 42, 43, 44, 45, 46, 47}
)


def rows(heading: str) -> list[tuple[str, ...]]:
    """Give the rows of the table under a heading."""
    _, _, rest = PAGE.read_text().partition(f"\n{heading}\n")
    table = re.split(r"\n\w.*\n[-=]{3,}\n", rest)[0]
    cells = re.findall(r"^   (\*) - (.*)$|^     (-) (.*)$", table, re.MULTILINE)
    found: list[list[str]] = []
    for star, first, _, other in cells:
        if star:
            found.append([first])
        else:
            found[-1].append(other)
    return [tuple(row) for row in found[1:]]


class TableTests(SynchronousTestCase):
    """C{docs/faults.rst} against the registry."""

    def test_faults(self) -> None:
        """Each fault is there once, with its items of the field notes."""
        shown = {row[0].strip("`"): row[1] for row in rows("Faults")}
        self.assertEqual(sorted(shown), sorted(FAULTS))
        self.assertEqual(len(rows("Faults")), len(FAULTS))
        for name, kind in FAULTS.items():
            self.assertEqual(shown[name], ", ".join(map(str, kind.notes)), name)

    def test_modes(self) -> None:
        """The table says in which access modes each fault can act."""
        for row in rows("Faults"):
            modes = FAULTS[row[0].strip("`")].modes
            self.assertEqual(row[2], "all" if modes == MODES else ", ".join(modes), row[0])

    def test_parameters(self) -> None:
        """The table has the parameters of each fault with their usual values."""
        for row in rows("Faults"):
            shown = []
            for item in fields(FAULTS[row[0].strip("`")]):
                value = int(item.default) if isinstance(item.default, bool) else item.default
                shown.append(f"``{item.name}={value}``" if value != "" else f"``{item.name}``")
            self.assertEqual(row[3], ", ".join(shown) or "–", row[0])

    def test_items(self) -> None:
        """Every item of the field notes that can be provoked has a fault."""
        named = {note for kind in FAULTS.values() for note in kind.notes}
        self.assertEqual(PROVOKED - named, set())

    def test_quirks(self) -> None:
        """Each quirk of each family is there."""
        shown = [row[0].strip("`") for row in rows("Contradictions of the documents")]
        self.assertEqual(
            sorted(shown),
            sorted(QUIRKS.keys() | GSM_QUIRKS.known.keys() | OF_NBIOT.keys() | OF_SIM52XX.keys()),
        )
        self.assertTrue(PROFILES["as_printed"] <= set(shown))

    def test_tests(self) -> None:
        """The tests that the tables name exist."""
        for row in (*rows("Faults"), *rows("Contradictions of the documents")):
            names = re.findall(r"``([a-z_.0-9]+)\.(test_\w+)``", row[-1])
            self.assertTrue(names, row[0])
            for module, test in names:
                folder = "" if "." in module else "faults."
                space = vars(import_module(f"tests.{folder}{module}"))
                cases = [case for name, case in space.items() if name.endswith("Tests")]
                self.assertTrue([case for case in cases if hasattr(case, test)], f"{module}.{test}")


class ValueTests(SynchronousTestCase):
    """Faults as values."""

    def test_frozen(self) -> None:
        """Each is a frozen value with defaults, equal to another of the same values."""
        for kind in FAULTS.values():
            self.assertTrue(is_dataclass(kind))
            one, other = kind(), kind()
            self.assertEqual(one, other)
            self.assertEqual(hash(one), hash(other))
            for item in fields(kind):
                with self.assertRaises(FrozenInstanceError):
                    setattr(one, item.name, None)

    def test_command_line(self) -> None:
        """Each can be written on a command line, with each of its parameters."""
        for name, kind in FAULTS.items():
            pairs = []
            for item in fields(kind):
                value = int(item.default) if isinstance(item.default, bool) else item.default
                if "," not in str(value):
                    pairs.append(f"{item.name}={value}")
            self.assertEqual(read_fault(f"{name}:{','.join(pairs)}"), kind())
