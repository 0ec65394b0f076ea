"""The rooms and their arrows (DESIGN, chapter 3), read from the sources."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

import twisted_quectel

ROOT = Path(twisted_quectel.__file__).parent
PACKAGE = "twisted_quectel"


def modules() -> Iterator[tuple[str, ast.Module]]:
    """Give each module's dotted name within the package, and its tree."""
    for path in sorted(ROOT.rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        yield ".".join(parts), ast.parse(path.read_text("utf-8"))


def checked_only(tree: ast.Module) -> set[ast.AST]:
    """Give what stands under C{if TYPE_CHECKING}: it is not there when it runs."""
    found: set[ast.AST] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            found.update(ast.walk(node))
    return found


def imports(name: str, tree: ast.Module) -> Iterator[str]:
    """Give what a module imports; own modules without the package's name, with a dot."""
    passed = checked_only(tree)
    folder = name.split(".")[:-1]
    for node in ast.walk(tree):
        if node in passed:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield _own(alias.name)
        elif isinstance(node, ast.ImportFrom):
            base = node.module or ""
            if node.level:
                parts = folder[: len(folder) - node.level + 1]
                base = ".".join([PACKAGE, *parts, *([base] if base else [])])
            for alias in node.names:
                yield _own(f"{base}.{alias.name}")


def _own(name: str) -> str:
    return "." + name[len(PACKAGE) + 1 :] if name.startswith(PACKAGE + ".") else name


class ArrowTests(SynchronousTestCase):
    """Arrows run downwards only."""

    def offenders(self, room: str, *forbidden: str, but: tuple[str, ...] = ()) -> list[str]:
        """Give the imports of a room that point where they must not."""
        return [
            f"{name} imports {target}"
            for name, tree in modules()
            if (name == room or name.startswith(room + ".") or room == "")
            and not name.startswith(but)
            for target in imports(name, tree)
            if target.startswith(tuple(f".{each}" for each in forbidden))
        ]

    def test_walk(self) -> None:
        """The walk sees imports: of names, of modules, from above and below."""
        found = {name: set(imports(name, tree)) for name, tree in modules()}
        self.assertIn(".errors.PortLost", found["at.port"])
        self.assertIn(".families.lte.errors.NAME", found["families.lte.contexts"])
        self.assertIn(".errors", found["families.lte.contexts"])
        self.assertIn(".at.ATPort", found["modem.sockets"])

    def test_at(self) -> None:
        """C{at} knows neither vendor nor modem: of ours only errors and plain tables."""
        allowed = (".at", ".errors", ".tables.cme")
        for name, tree in modules():
            if name.startswith("at."):
                for target in imports(name, tree):
                    if target.startswith("."):
                        self.assertTrue(target.startswith(allowed), f"{name}: {target}")

    def test_tables(self) -> None:
        """Tables import nothing of ours but tables, and have no functions."""
        for name, tree in modules():
            if name.startswith("tables."):
                ours = [target for target in imports(name, tree) if target.startswith(".")]
                self.assertEqual(
                    [target for target in ours if not target.startswith(".tables.")], []
                )
                self.assertFalse(
                    [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
                )

    def test_families(self) -> None:
        """A family imports no other family, and nothing above."""
        above = ("modem.", "modemfile", "transport", "endpoints", "interface", "service", "cli",
                 "emulator", "testing", "strings")  # fmt: skip
        self.assertEqual(self.offenders("families", *above), [])
        families = [path.name for path in (ROOT / "families").iterdir() if path.is_dir()]
        names = [name for name in families if not name.startswith("_")]
        self.assertIn("lte", names)
        for family in names:
            others = [f"families.{name}" for name in names if name != family]
            if others:
                self.assertEqual(self.offenders(f"families.{family}", *others), [])

    def test_lengths(self) -> None:
        """A file of more than 400 lines is two files."""
        long = [
            str(path.relative_to(ROOT))
            for path in sorted(ROOT.rglob("*.py"))
            if len(path.read_text("utf-8").splitlines()) > 400
        ]
        self.assertEqual(long, [])

    def test_families_by_name(self) -> None:
        """Nobody above the families, and none of them, speaks of another family."""
        names = ("gsm", "nbiot", "sim52xx")
        rooms = (
            "emulator",
            "cli.emulate",
            "tables",
            "families.__init__",
            "families.gsm",
            "families.nbiot",
            "families.sim52xx",
        )
        for name, _ in modules():
            if name.startswith(rooms):
                continue
            text = ROOT.joinpath(*name.split(".")).with_suffix(".py").read_text("utf-8").lower()
            # the document's title may be named
            text = text.replace("sim52xx ssl application note", "")
            self.assertEqual([each for each in names if each in text], [], name)

    def test_modem(self) -> None:
        """The modem knows no endpoint, transport or service."""
        above = ("transport", "endpoints", "interface", "service", "cli", "testing")
        self.assertEqual(self.offenders("modem", *above), [])

    def test_transport(self) -> None:
        """The transport knows the seam of a socket, no family and no port."""
        self.assertEqual(self.offenders("transport", "families", "at", "endpoints"), [])

    def test_emulator(self) -> None:
        """The emulator shares with the driver C{at}'s syntax and the tables, nothing else."""
        self.assertEqual(
            self.offenders("emulator", "families", "modem.", "modemprofile", "endpoints"), []
        )

    def test_nothing_imports_the_emulator(self) -> None:
        """But the opener of devices, testing, service and command line."""
        but = ("emulator", "modem.devices", "testing", "service", "cli", "__main__")
        self.assertEqual(self.offenders("", "emulator", but=but), [])


class ReactorTests(SynchronousTestCase):
    """No module reaches for the global reactor."""

    def test_reactor(self) -> None:
        """Only the command line imports it, C{quectel}'s and C{twistd}'s."""
        found = [
            name
            for name, tree in modules()
            if "twisted.internet.reactor" in imports(name, tree)
            and not name.startswith(("cli", "__main__", "service"))
        ]
        self.assertEqual(found, [])


class HouseTests(SynchronousTestCase):
    """What each source has."""

    def test_docstrings(self) -> None:
        """Each module says what it is for."""
        self.assertEqual([name for name, tree in modules() if not ast.get_docstring(tree)], [])

    def test_no_opt_outs(self) -> None:
        """No source switches the type checker off."""
        words = ("type: " + "ignore", "no" + "cover")
        found = [
            f"{path.relative_to(ROOT)}: {word}"
            for path in sorted(ROOT.rglob("*.py"))
            for word in words
            if word in path.read_text("utf-8")
        ]
        self.assertEqual(found, [])
