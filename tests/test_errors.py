"""Tests for L{twisted_quectel.errors}."""

from __future__ import annotations

import inspect

from twisted.internet import error
from twisted.trial.unittest import SynchronousTestCase

import twisted_quectel
from twisted_quectel import errors
from twisted_quectel.at import InvalidValue

CLASSES = [
    each
    for _, each in inspect.getmembers(errors, inspect.isclass)
    if issubclass(each, errors.ModemError)
]


class ClassTests(SynchronousTestCase):
    """Each class is what programs already catch, and keeps what the module said."""

    def test_attributes(self) -> None:
        """Number, family, command and trace are kept, whatever the bases are."""
        for each in CLASSES:
            problem = each("what", code=5, family="lte", command="AT+A", trace=["one", "two"])
            self.assertEqual(
                (problem.code, problem.family, problem.command, problem.trace),
                (5, "lte", "AT+A", ("one", "two")),
            )
            self.assertEqual((str(problem), problem.args), ("what", ("what",)))

    def test_exported(self) -> None:
        """Each can be had from the package itself, and so can what is raised for bad arguments."""
        for each in CLASSES:
            self.assertIn(each.__name__, twisted_quectel.__all__)
            self.assertIs(getattr(twisted_quectel, each.__name__), each)
        self.assertIs(twisted_quectel.InvalidValue, InvalidValue)

    def test_all(self) -> None:
        """Everything that the package says it has is there."""
        for name in twisted_quectel.__all__:
            self.assertTrue(hasattr(twisted_quectel, name), name)

    def test_without_message(self) -> None:
        """Without a message it says what its class means, in one line."""
        for each in CLASSES:
            problem = each()
            self.assertNotIn("\n", str(problem))
            self.assertTrue(str(problem))
            self.assertEqual((problem.code, problem.trace), (None, ()))

    def test_twisted_classes(self) -> None:
        """What fails a connect is a connect error, what ends a connection a loss."""
        for each in (
            errors.ModemConnectError,
            errors.ModemBusyError,
            errors.ModemParameterError,
            errors.UnsupportedOperation,
            errors.OperationNotAllowed,
            errors.ModemResourceError,
            errors.ConnectBindError,
            errors.NetworkDown,
            errors.SocketIdInUse,
            errors.ModemDNSError,
            errors.TLSOpenFailed,
            errors.ModemTimeout,
            errors.IdentityNotChecked,
            errors.ModemNotReady,
            errors.DeviceError,
            errors.NoAnswer,
            errors.UnknownModel,
            errors.SIMError,
            errors.RegistrationError,
            errors.CertificateStoreError,
            errors.UnverifiedContext,
            errors.ModemClosed,
        ):
            self.assertTrue(issubclass(each, error.ConnectError), each)
        for lost in (
            errors.PortLost,
            errors.ModuleLost,
            errors.SendFailed,
            errors.RemoteViolation,
        ):
            self.assertTrue(issubclass(lost, error.ConnectionLost), lost)
        self.assertTrue(issubclass(errors.ModemDNSError, error.DNSLookupError))
        self.assertTrue(issubclass(errors.ModemTimeout, error.TimeoutError))
        self.assertTrue(issubclass(errors.CommandTimeout, error.TimeoutError))
        self.assertTrue(issubclass(errors.ModemParameterError, ValueError))
        self.assertFalse(issubclass(errors.TLSOpenFailed, error.ConnectionRefusedError))

    def test_result(self) -> None:
        """A refused command keeps its result."""
        self.assertEqual(errors.CommandFailed("x", result=b"ERROR").result, b"ERROR")
