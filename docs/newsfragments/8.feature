The emulated module can be a SIMCom SIM5320 (``quectel emulate --model SIM5320``, ``EmulatedModule(reactor,
model="SIM5320")``): common SSL with alerts and transparent mode, HTTPS, FTPS, plain TCP and files, against real servers.
