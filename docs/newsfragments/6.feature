Emulated GSM modules, ``M95``, ``M66``, ``M85`` and ``M10``: certificates in RAM and NVRAM, TLS and TCP side by
side, buffered and transparent, with the contradictions of their SSL note as quirks
(``quectel emulate --model M95``, ``EmulatedModule(reactor, model="M95")``).
