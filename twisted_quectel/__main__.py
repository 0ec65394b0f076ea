"""C{python -m twisted_quectel} is C{quectel}."""

from __future__ import annotations

import sys

from .cli.main import main

if __name__ == "__main__":
    sys.exit(main())
