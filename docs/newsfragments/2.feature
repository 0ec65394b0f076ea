TLS connections through the LTE modules EC2x, EG2x, EG9x and EM05: the endpoint string
``quectelssl:`` and ``ModuleTLSEndpoint``, in buffer, push and transparent mode; the modem file; the
emulated module in ``twisted_quectel.testing``; ``quectel demo`` and ``quectel emulate``.
