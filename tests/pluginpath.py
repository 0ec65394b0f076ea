"""Have C{clientFromString} find the project's prefixes in a test run.

An installed distribution has its dropin in C{twisted/plugins}.  With the
source tree alone on C{PYTHONPATH} it lies in C{plugins/} at the top, where
nobody looks: then that folder is put on the path of C{twisted.plugins}.
"""

from __future__ import annotations

from pathlib import Path

import twisted.plugins

_DROPIN = "quectel_endpoints.py"
_FOLDER = Path(__file__).resolve().parent.parent / "plugins"


def find_plugins() -> None:
    """Put C{plugins/} where Twisted looks, unless an installed dropin is there."""
    path = twisted.plugins.__path__
    if not any(Path(folder, _DROPIN).exists() for folder in path):
        path.append(str(_FOLDER))
