"""The command line C{quectel}.

L{main} reads the arguments and imports nothing heavy; each command imports
what it needs when it runs.
"""

from __future__ import annotations
