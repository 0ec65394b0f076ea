"""How Sphinx makes the documentation."""

from __future__ import annotations

import sys
from pathlib import Path

_HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(_HERE / "_ext"), str(_HERE.parent)]

from twisted_quectel import __version__  # noqa: E402

project = "twisted-quectel"
author = "the twisted-quectel developers"
version = release = __version__
extensions = ["fromcode"]
exclude_patterns = ["_build", "newsfragments"]
nitpicky = True
html_theme = "alabaster"
html_theme_options = {
    "description": "A cellular module's TLS as a Twisted endpoint",
    "fixed_sidebar": True,
    "page_width": "1050px",
}
html_show_sourcelink = False
