The emulated module has sockets without TLS: TCP, UDP, listeners and services for datagrams in all
access modes, with ``AT+QICFG``, ``AT+QIDNSGIP``, ``AT+QPING`` and ``AT+QNTP``.
The endpoint strings ``quecteltcp:`` (plain TCP of the module) and ``quecteltls:`` (TLS 1.3 on the host
over it, with the server's name checked); ``ModuleTCPEndpoint``.
``twisted_quectel.web.ModemEndpointFactory``: ``Agent`` and treq over a modem.
``twistd quectel --forward LISTEN=TARGET``: what connects there goes on over the module, for programs that
are not Twisted.
``listen_udp``: UDP over a module, as ``reactor.listenUDP`` gives it. ``ModuleDTLSEndpoint``: DTLS of the module for datagram
protocols. The emulated module has DTLS 1.0 and 1.2 (``AT+QSSLCFG="dtls"``).
``tls=host`` and ``tls=auto`` in ``quectelssl:`` strings, and ``AutoTLSEndpoint``: the host does TLS, always or where the module's
handshake fails. ``HostTLS`` and ``HostTLSEndpoint`` are public.
``trust=discover``: the host verifies the server once, and the module trusts the root that was found.
``quectel trust HOST:PORT``: which CA the module needs for a server, and which of its versions and suites that accepts.
``twistd quectel-emulator``: the emulated module as a service. ``--cut`` of ``quectel emulate``.
``quecteltls:`` puts small writes together: a byte at a time is as fast as whole blocks.
``ModemInterface``: a reactor whose network is the module's: ``connectTCP``, ``connectSSL``, ``listenTCP``, ``listenUDP``, DTLS, names.
``Modem.ping`` and ``Modem.ntp`` have the module ask other hosts; ``acknowledged()`` of a transport tells what of the module's TCP
the peer has acknowledged.
The gateway joins what comes for a program within a millisecond, and takes a tenth of the endpoint's CPU on top of it at most.
