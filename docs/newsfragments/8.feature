The emulated module can be a SIMCom SIM5320 (``quectel emulate --model SIM5320``, ``EmulatedModule(reactor,
model="SIM5320")``): common SSL with alerts and transparent mode, HTTPS, FTPS, plain TCP and files, against real servers.
SIM52xx modules behind the same endpoint strings: common SSL pushed or transparent, plain TCP, ``quecteltls:`` over that. ``trust=module``
and ``allowAlerts``, ``CertificateVerificationError`` and ``TLSNegotiationError`` with the alerts of the module (``CSSLAlert``),
``transport.alerts``; stacks that exclude each other wait for each other.
``quectelssl:…:stack=https:verify=none``, ``ModuleHTTPSEndpoint`` and ``ModemEndpointFactory(…, stack="https")``: the HTTPS stack of
SIM52xx modules as a stream, with back-pressure both ways.
``ModuleFTPS`` and ``quectel ftp``: files on an FTPS server by the FTPS of SIM52xx modules, with lists, progress and cancellation;
bytes that the module loses, a network that goes and codes that come late are told, waits and memory are bounded.
``SessionAlert``: an alert of level 1 or 2 for an open session ends it. ``--authorities`` of ``quectel emulate`` and ``twistd
quectel-emulator``: the CAs which an emulated SIM52xx module has of its own.
