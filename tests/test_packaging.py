"""Tests for what is built: the wheel and the source distribution."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path
from typing import Final

import twisted
from twisted.trial.unittest import SkipTest, SynchronousTestCase

ROOT: Final = Path(__file__).resolve().parent.parent
PATIENCE: Final = 120

_LEFT_OUT: Final = (
    ".git",
    ".*_cache",
    ".hypothesis",
    ".tox",
    ".venv",
    "venv",
    "build",
    "dist",
    "_build",
    "*.egg-info",
    "__pycache__",
    "_trial_temp*",
    "dropin.cache",
)
_BUILD: Final = "import setuptools.build_meta as b, sys; getattr(b, sys.argv[1])(sys.argv[2])"
_FIND: Final = """
import sys
from twisted.internet.endpoints import clientFromString
from twisted.internet.testing import MemoryReactorClock
try:
    clientFromString(MemoryReactorClock(), "quectelssl:host=a.example:device=/dev/x:port=0")
except ValueError as e:
    print(e)
import twisted_quectel
print(sys.modules["twisted.plugins.quectel_endpoints"].__file__)
print(twisted_quectel.__file__)
"""


def run(*command: str, cwd: str | Path, **environment: str) -> str:
    """Run a program without this process's path; give its output."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONPATH", "PYTHONHOME") and not name.startswith("COV_")
    }
    done = subprocess.run(
        command,
        cwd=cwd,
        env={**inherited, **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
    )
    if done.returncode:
        raise AssertionError(f"{' '.join(command)}: {done.stdout}{done.stderr}")
    return done.stdout


def lend_libraries(site: Path) -> None:
    """Put this process's libraries into another environment, but for this package."""
    ours = (
        "twisted_quectel*",
        "*quectel_endpoints*",
        "*quectel_service*",
        "__editable__*",
        "__pycache__",
        "dropin.cache",
    )
    twisted_folder = Path(twisted.__file__).resolve().parent
    left_out = shutil.ignore_patterns(*ours)
    # Twisted's own plugins lie in the folder into which ours is installed: no links to that
    for folder, place in (
        (twisted_folder.parent, site),
        (twisted_folder, site / "twisted"),
        (twisted_folder / "plugins", site / "twisted" / "plugins"),
    ):
        place.mkdir(exist_ok=True)
        names = os.listdir(folder)
        for name in set(names) - left_out(str(folder), names):
            if not (place / name).exists() and (folder / name) not in (
                twisted_folder,
                twisted_folder / "plugins",
            ):
                (place / name).symlink_to(folder / name)


class BuildTests(SynchronousTestCase):
    """What is built of a copy of the source tree."""

    def build(self, what: str) -> Path:
        """Build the wheel or the source distribution."""
        try:
            run(sys.executable, "-c", "import setuptools.command.bdist_wheel", cwd=".")
        except AssertionError:
            raise SkipTest("setuptools 70.1 or newer builds wheels by itself") from None
        source, built = Path(self.mktemp()).absolute(), Path(self.mktemp()).absolute()
        shutil.copytree(ROOT, source, ignore=shutil.ignore_patterns(*_LEFT_OUT))
        built.mkdir()
        run(sys.executable, "-c", _BUILD, what, str(built), cwd=source)
        (result,) = built.iterdir()
        return result

    def test_wheel(self) -> None:
        """All of the package is in it, and of C{twisted.plugins} the dropins alone."""
        with zipfile.ZipFile(self.build("build_wheel")) as wheel:
            names = set(wheel.namelist())
            metadata = next(wheel.read(n).decode() for n in names if n.endswith("/METADATA"))
        plugins = {name for name in names if name.startswith("twisted/")}
        self.assertEqual(
            plugins, {f"twisted/plugins/quectel_{name}.py" for name in ("endpoints", "service")}
        )
        package = {
            str(path.relative_to(ROOT))
            for path in (ROOT / "twisted_quectel").rglob("*")
            if path.suffix == ".py" or path.name == "py.typed"
        }
        self.assertEqual({name for name in names if name.startswith("twisted_quectel/")}, package)
        self.assertIn("Requires-Python: >=3.11", metadata)

    def test_sdist(self) -> None:
        """It has what is needed to test it and to write about it."""
        with tarfile.open(self.build("build_sdist")) as sdist:
            names = {name.partition("/")[2] for name in sdist.getnames()}
        for name in (
            "LICENSE", "MANIFEST.in", "NEWS.rst", "README.md", "tox.ini", ".ci/run",
            "docs/conf.py", "docs/security.rst", "docs/architecture.svg",
            "plugins/quectel_endpoints.py", "plugins/quectel_service.py",
            "tests/test_packaging.py", "tests/lowest.txt",
            "twisted_quectel/py.typed",
        ):  # fmt: skip
            self.assertIn(name, names)
        self.assertEqual([name for name in names if name.endswith((".pyc", ".cache"))], [])

    def test_installed(self) -> None:
        """Out of an installed wheel C{clientFromString} finds the prefix, and C{quectel} runs."""
        wheel = self.build("build_wheel")
        home = Path(self.mktemp()).absolute()
        run(sys.executable, "-m", "venv", "--without-pip", str(home), cwd=".")
        python = str(home / "bin" / "python")
        site = Path(
            run(
                python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=home
            ).strip()
        )
        lend_libraries(site)
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(site)
        refusal, dropin, package = run(python, "-c", _FIND, cwd=home).splitlines()
        self.assertTrue(refusal.startswith("port: "), refusal)
        self.assertEqual(Path(dropin), site / "twisted" / "plugins" / "quectel_endpoints.py")
        self.assertEqual(Path(package), site / "twisted_quectel" / "__init__.py")
        out = run(python, "-m", "twisted_quectel", "demo", "--size", "4k", cwd=home)
        self.assertIn("The same page came in every mode", out)
        out = run(python, "-m", "twisted", "--help", cwd=home)
        self.assertRegex(out, r"(?m)^ +quectel +A gateway")
        self.assertRegex(out, r"(?m)^ +quectel-emulator +An emulated")


class SourceTests(SynchronousTestCase):
    """The files that say how it is built."""

    def test_ci(self) -> None:
        """C{.ci/run} can be run."""
        self.assertTrue(os.access(ROOT / ".ci" / "run", os.X_OK))

    def test_packages(self) -> None:
        """Each folder of the package is listed."""
        setup = configparser.ConfigParser()
        setup.read(ROOT / "setup.cfg")
        listed = set(setup["options"]["packages"].split())
        folders = {
            str(path.parent.relative_to(ROOT)).replace("/", ".")
            for path in (ROOT / "twisted_quectel").rglob("__init__.py")
        }
        self.assertEqual(listed, folders | {"twisted.plugins"})
