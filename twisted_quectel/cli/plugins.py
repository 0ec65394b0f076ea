"""Makes sure that C{clientFromString} finds C{quectelssl:}.

An installed wheel brings the plugin along.  In a source tree, and after C{pip
install -e}, it is not where Twisted looks; there the folder is added.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

_DROPIN: Final = "quectel_endpoints"
_SOURCE: Final = Path(__file__).resolve().parents[2] / "plugins"


class PluginMissing(Exception):
    """The plugin is nowhere."""


def ensure_plugin(source: Path = _SOURCE) -> None:
    """Have the plugin found.

    @param source: the folder of the source tree that holds it.
    @raise PluginMissing: if it is neither installed nor there.
    """
    import twisted.plugins

    # Twisted looks into these folders; what an import finds by a hook, as that
    # of an editable installation, it does not see
    places = [Path(place) for place in twisted.plugins.__path__]
    if any((place / f"{_DROPIN}.py").is_file() for place in places):
        return
    if not (source / f"{_DROPIN}.py").is_file():
        raise PluginMissing(
            "Twisted does not find the plugin for quectelssl: install this package with "
            "'pip install .' (not with -e)"
        )
    twisted.plugins.__path__.append(str(source))
