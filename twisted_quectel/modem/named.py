"""What the users of one modem name themselves on it: files, and SSL contexts that name files.

Where a module has one place for each kind of file, this program's must not go where a user
has put one of his own: there may be but one place for a client's certificate.
"""

from __future__ import annotations

from ..modemprofile import ModemProfile
from ..pem import ModuleFile
from ..profiles import TLSProfile

#: Tags of a modem's default TLS arguments that can name files, and what such a name begins with.
_FILES = ("cacert", "clientCert", "clientKey")
_PREFIX = "module:"


class Named:
    """It outlives the module's restarts.

    @ivar files: their paths.
    @ivar contexts: the SSL contexts that are used as they were provisioned on the module.
    """

    __slots__ = ("contexts", "files")

    def __init__(self, profile: ModemProfile | None = None) -> None:
        self.files: set[str] = set()
        self.contexts: set[int] = set()
        if profile is not None:
            for tls in profile.contexts.values():
                self.note(tls, None)
            for argument in _FILES:
                text = profile.tls.get(argument)
                if isinstance(text, str) and text.startswith(_PREFIX):
                    self.note_file(text.removeprefix(_PREFIX))

    def note(self, tls: TLSProfile | None, ctx: int | None) -> None:
        """A connection is wanted with these.

        @param tls: L{None}: C{ctx} as it is.
        """
        if tls is None:
            if ctx is not None:
                self.contexts.add(ctx)
            return
        for source in (tls.cacert, tls.cacertex, tls.client_cert, tls.client_key):
            if isinstance(source, ModuleFile):
                self.note_file(source.path)

    def note_file(self, path: str) -> None:
        """A file is a user's own."""
        storage, colon, name = path.partition(":")
        self.files.add(f"{storage.upper()}:{name}" if colon else path)
