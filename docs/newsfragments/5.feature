The emulated module has sockets without TLS: TCP, UDP, listeners and services for datagrams in all
access modes, with ``AT+QICFG``, ``AT+QIDNSGIP``, ``AT+QPING`` and ``AT+QNTP``.
The endpoint strings ``quecteltcp:`` (plain TCP of the module) and ``quecteltls:`` (TLS 1.3 on the host
over it, with the server's name checked); ``ModuleTCPEndpoint``.
``twisted_quectel.web.ModemEndpointFactory``: ``Agent`` and treq over a modem.
``twistd quectel --forward LISTEN=TARGET``: what connects there goes on over the module, for programs that
are not Twisted.
``listen_udp``: UDP over a module, as ``reactor.listenUDP`` gives it. ``ModuleDTLSEndpoint``: DTLS of the module for datagram
protocols. The emulated module has DTLS 1.0 and 1.2 (``AT+QSSLCFG="dtls"``).
