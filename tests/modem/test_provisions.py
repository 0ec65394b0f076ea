"""What an error keeps when it is told where it belongs: L{twisted_quectel.modem.provisions}."""

from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.errors import CertificateStoreError, CommandFailed
from twisted_quectel.modem.provisions import _about


class AboutTests(SynchronousTestCase):
    """An error of the same kind, with all that it knows."""

    def test_kept(self) -> None:
        """Its case, its causes, its result; the first one is left as it was."""
        first = CertificateStoreError("full", causes=("the drive is full",), case="full", code=405)
        told = _about(first, "ctx: contexts.1: ")
        self.assertIsInstance(told, CertificateStoreError)
        self.assertEqual(str(told), "ctx: contexts.1: full")
        self.assertEqual(told.args, ("ctx: contexts.1: full",))
        self.assertEqual((told.case, told.causes, told.code), ("full", ("the drive is full",), 405))
        self.assertEqual(str(first), "full")
        refused = _about(CommandFailed("no", result=b"ERROR"), "ctx: ")
        assert isinstance(refused, CommandFailed)
        self.assertEqual(refused.result, b"ERROR")
