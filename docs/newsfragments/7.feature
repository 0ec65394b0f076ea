The emulated module can be a BC660K-GL: one connection over TLS 1.0 to 1.2 or DTLS 1.0 and 1.2 with certificates
typed in, data in text or hex, TCP and UDP sockets, and sleep. ``quectel emulate --model BC660K-GL``.
BC660K-GL behind the same endpoint strings: its one TLS connection, DTLS, TCP and UDP, data in text or hexadecimal digits
(``dataFormat``), certificates typed in at the prompt, sleep between connections (``idleSleep``).
