"""A real FTPS server for tests: pyftpdlib, in a thread of its own."""

from __future__ import annotations

import os
import socket
import threading
from pathlib import Path
from typing import Any

import trustme
from OpenSSL import SSL
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.handlers import FTPHandler, TLS_FTPHandler
from pyftpdlib.ioloop import IOLoop
from pyftpdlib.servers import FTPServer as _Server

USER = "myname"
PASSWORD = "mypassword"


class _Files(AbstractedFS):  # type: ignore[misc]
    """Files of a server that is a thread of its process: whose own folder stays what it is."""

    def chdir(self, path: str) -> None:
        """Change the folder of the connection only."""
        with os.scandir(path):  # raises as the change of the process's folder would
            self.cwd = self.fs2ftp(path)


class FTPServer:
    """One server, on loopback.

    @ivar port: where it listens.
    @ivar root: the folder that it serves, writable.
    @ivar logins: how many users have logged in.
    """

    def __init__(
        self, root: Path, ca: trustme.CA, host: str = "127.0.0.1", *, tls: bool = True
    ) -> None:
        """
        @param root: a folder that exists.
        @param ca: signs its certificate.
        @param host: whom the certificate is for.
        @param tls: whether it insists on TLS for both connections; else it has none.
        """
        self.root = root
        self.logins = 0
        authorizer = DummyAuthorizer()
        authorizer.add_user(USER, PASSWORD, str(root), perm="elradfmwMT")
        owner = self

        class _Handler(TLS_FTPHandler if tls else FTPHandler):  # type: ignore[misc]
            banner = "ready"
            auth_failed_timeout = 0
            abstracted_fs = _Files

            def log(self, *what: object, **how: object) -> None:
                """Say nothing."""

            logline = logerror = log

            def on_login(self, username: str) -> None:
                owner.logins += 1

        handler: Any = _Handler
        handler.authorizer = authorizer
        if tls:
            leaf = ca.issue_cert(host)
            context = SSL.Context(SSL.TLS_SERVER_METHOD)
            with leaf.private_key_and_cert_chain_pem.tempfile() as path:
                context.use_certificate_chain_file(path)
                context.use_privatekey_file(path)
            handler.ssl_context = context
            handler.tls_control_required = handler.tls_data_required = True
        self._loop = IOLoop()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._server = _Server(self._listening, handler, ioloop=self._loop)
        self._stopping = threading.Event()
        self._cutting = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while not self._stopping.is_set():
            self._loop.loop(timeout=0.02, blocking=False)
            if self._cutting.is_set():
                self._cutting.clear()
                for channel in list(self._loop.socket_map.values()):
                    if isinstance(channel, FTPHandler):
                        channel.close()
        self._server.close_all()

    def cut(self) -> None:
        """Close every control connection."""
        self._cutting.set()

    def close(self) -> None:
        """Stop, and wait for that."""
        self._stopping.set()
        self._thread.join()
