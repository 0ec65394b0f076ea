The emulated module can be a SIMCom SIM5320 (``quectel emulate --model SIM5320``, ``EmulatedModule(reactor,
model="SIM5320")``): common SSL with alerts and transparent mode, HTTPS, FTPS, plain TCP and files, against real servers.
``quectelssl:…:stack=https:verify=none``, ``ModuleHTTPSEndpoint`` and ``ModemEndpointFactory(…, stack="https")``: the HTTPS stack of
SIM52xx modules as a stream, with back-pressure both ways.
