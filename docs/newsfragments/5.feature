The emulated module has sockets without TLS: TCP, UDP, listeners and services for datagrams in all
access modes, with ``AT+QICFG``, ``AT+QIDNSGIP``, ``AT+QPING`` and ``AT+QNTP``.
