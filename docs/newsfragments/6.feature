Emulated GSM modules, ``M95``, ``M66``, ``M85`` and ``M10``: certificates in RAM and NVRAM, TLS and TCP side by
side, buffered and transparent, with the contradictions of their SSL note as quirks
(``quectel emulate --model M95``, ``EmulatedModule(reactor, model="M95")``).
M10, M66, M85 and M95 behind the same endpoint strings: TLS in buffer and transparent mode, TCP beside it, ``quecteltls:`` over
that, certificates in RAM or NVRAM (``keys = "nvram"``), the checks of their note when the network cannot be had.
``ActivationFailed``. The quirks ``counted_only`` and ``short_note`` of the emulated LTE modules.
Names are looked up by ``AT+QIDNSGIP``, so that ``HostnameEndpoint`` and ``Agent`` work over a ``ModemInterface`` of these modules.
