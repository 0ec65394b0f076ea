"""One target under atheris: C{python -m tests.fuzz.guided target libfuzzer-arguments}."""

from __future__ import annotations

import importlib
import sys
from typing import Any


def main() -> None:
    """Run; ends the process."""
    # wheels exist for some Pythons only, so that it is no dependency
    atheris: Any = importlib.import_module("atheris")
    name, arguments = sys.argv[1], sys.argv[2:]
    with atheris.instrument_imports(include=["twisted_quectel"]):
        from tests.fuzz.targets import TARGETS
    atheris.Setup([sys.argv[0], *arguments], TARGETS[name])
    atheris.Fuzz()


if __name__ == "__main__":
    main()
