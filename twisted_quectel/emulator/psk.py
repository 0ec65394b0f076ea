"""Pre-shared keys, as far as OpenSSL's binding has them.

pyOpenSSL has no interface for them.  The binding beneath it has the function
of OpenSSL; it is private, so it may be gone in any release.  Then
L{set_client_psk} raises L{PSKUnavailable} and a module answers "Operation not
supported" (LTE SSL Application Note v1.1, chapter 5, 555).
"""

from __future__ import annotations

from typing import Any, Final
from weakref import WeakKeyDictionary

from OpenSSL import SSL

try:
    from OpenSSL._util import ffi as _ffi
    from OpenSSL._util import lib as _lib
except ImportError:  # pragma: no cover - a pyOpenSSL without that module
    _ffi = _lib = None

#: None of the 31 suites of the document is one; firmware brings its own, and
#: the documents do not name them.  OpenSSL's names (RFC 4279, 5487, 5489).
PSK_SUITES: Final = (
    "ECDHE-PSK-AES128-CBC-SHA256",
    "ECDHE-PSK-AES128-CBC-SHA",
    "PSK-AES128-GCM-SHA256",
    "PSK-AES256-GCM-SHA384",
    "PSK-AES128-CBC-SHA256",
    "PSK-AES256-CBC-SHA384",
    "PSK-AES128-CBC-SHA",
    "PSK-AES256-CBC-SHA",
)

#: OpenSSL calls these as long as the context lives.
_callbacks: WeakKeyDictionary[SSL.Context, Any] = WeakKeyDictionary()


class PSKUnavailable(Exception):
    """This OpenSSL, or its binding, has no pre-shared keys."""


def psk_available() -> bool:
    """Tell whether L{set_client_psk} works here."""
    return (
        bool(getattr(_lib, "Cryptography_HAS_PSK", 0))
        and hasattr(_lib, "SSL_CTX_set_psk_client_callback")
        and hasattr(SSL.Context(SSL.TLS_CLIENT_METHOD), "_context")
    )


def set_client_psk(context: SSL.Context, identity: bytes, key: bytes) -> None:
    """Let a client context answer with a pre-shared key.

    @param identity: 0-255 bytes, without NUL.
    @param key: at most 255 bytes.
    @raise PSKUnavailable: the binding has no such function.
    """
    if not psk_available():
        raise PSKUnavailable("pre-shared keys")

    def answer(
        ssl: Any, hint: Any, identity_buffer: Any, identity_room: int, key_buffer: Any, room: int
    ) -> int:
        # identity_room counts the NUL.
        if len(identity) >= identity_room or len(key) > room:
            return 0
        _ffi.memmove(identity_buffer, identity + b"\0", len(identity) + 1)
        _ffi.memmove(key_buffer, key, len(key))
        return len(key)

    callback = _ffi.callback(
        "unsigned int(SSL *, char *, char *, unsigned int, unsigned char *, unsigned int)", answer
    )
    _callbacks[context] = callback
    _lib.SSL_CTX_set_psk_client_callback(context._context, callback)
