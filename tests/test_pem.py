"""Tests for L{twisted_quectel.pem}."""

from __future__ import annotations

import base64
import hashlib
import os
import warnings

from cryptography import x509
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from twisted.trial.unittest import SynchronousTestCase

from twisted_quectel.pem import (
    PEM,
    ModuleFile,
    check_pair,
    load_certificate,
    load_certificates,
    load_key,
    rewrap,
)

from .certificates import Certificates, der


class RewrapTests(SynchronousTestCase):
    """What goes to the module never ends its own upload."""

    def body(self, content: bytes) -> list[bytes]:
        """Re-wrap, check the frame, and give the lines between."""
        lines = rewrap(b"CERTIFICATE", content).split(b"\n")
        self.assertEqual(lines[0], b"-----BEGIN CERTIFICATE-----")
        self.assertEqual(lines[-2:], [b"-----END CERTIFICATE-----", b""])
        self.assertEqual(base64.b64decode(b"".join(lines[1:-2])), content)
        return lines[1:-2]

    def test_ordinary(self) -> None:
        """Lines have 64 characters where nothing speaks against it."""
        lines = self.body(bytes(200))
        self.assertEqual({len(line) for line in lines[:-1]}, {64})

    def test_escape_at_any_place(self) -> None:
        """C{+++} is cut by a line end, and lines stay at most 64 long."""
        for position in range(0, 200, 3):
            content = bytearray(300)
            content[position : position + 3] = b"\xfb\xef\xbe"
            for line in self.body(bytes(content)):
                self.assertNotIn(b"+++", line)
                self.assertLessEqual(len(line), 64)

    def test_nothing_but_plus_signs(self) -> None:
        """Even a body of plus signs alone has no C{+++} in a line."""
        lines = self.body(b"\xfb\xef\xbe" * 50)
        self.assertTrue(all(line == b"++" for line in lines))

    def test_readable_after_wrapping(self) -> None:
        """A key with lines of other lengths is the same key to a PEM reader."""
        certificates = Certificates(self.mktemp())
        content = base64.b64decode(b"".join(certificates.key_text.split(b"\n")[1:-2]))
        kind = certificates.key_text.split(b"-----")[1].removeprefix(b"BEGIN ")
        lines = rewrap(kind, content).split(b"\n")
        lines[1:2] = [lines[1][:17], lines[1][17:]]
        load_pem_private_key(b"\n".join(lines), None)


class CertificateTests(SynchronousTestCase):
    """Reading certificates."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())

    def refused(self, path: str) -> str:
        """Load what cannot be loaded and give the one line that it yields."""
        message = str(self.assertRaises(ValueError, load_certificates, "cacert", path))
        self.assertTrue(message.startswith("cacert: "), message)
        self.assertNotIn("\n", message)
        return message

    def test_one(self) -> None:
        """One certificate is one file, named after its content."""
        (pem,) = load_certificates("cacert", self.files.ca)
        self.assertEqual(der(pem.data), der(self.files.ca_text))
        self.assertEqual(pem.name, f"tq-{hashlib.sha256(pem.data).hexdigest()[:16]}.pem")
        self.assertEqual(pem.label, self.files.ca)
        self.assertFalse(pem.private)

    def test_same_content_same_file(self) -> None:
        """CR LF, comments and the path make no difference to the module's file."""
        text = b"subject=/CN=x\r\n" + self.files.ca_text.replace(b"\n", b"\r\n") + b"\r\nbye"
        copy = self.files.write("copy.pem", text)
        (one,), (two,) = load_certificates("a", self.files.ca), load_certificates("b", copy)
        self.assertEqual(one, two)
        self.assertEqual(one.name, two.name)

    def test_two(self) -> None:
        """Two certificates are two files."""
        self.assertEqual(len(load_certificates("cacert", self.files.bundle(2))), 2)

    def test_bundle(self) -> None:
        """A bundle is refused with the way out."""
        self.assertIn("only the CA of this server", self.refused(self.files.bundle(3)))

    def test_old_certificates(self) -> None:
        """What L{cryptography} thinks of a certificate is not for the user of a module."""

        def load(block: bytes) -> None:
            warnings.warn("a serial number that is not positive", UserWarning, stacklevel=2)

        self.patch(x509, "load_pem_x509_certificate", load)
        load_certificates("cacert", self.files.bundle(2))
        self.assertRaises(ValueError, load_certificates, "cacert", self.files.bundle(3))
        self.assertEqual(self.flushWarnings(), [])

    def test_no_certificate(self) -> None:
        """A file without a certificate is refused, a key included."""
        self.assertIn("holds no certificate", self.refused(self.files.key))
        self.assertIn("holds no certificate", self.refused(self.files.write("empty.pem", b"")))

    def test_damaged(self) -> None:
        """Broken base64 and broken content are refused."""
        for broken in (b"?", b"AAAA"):
            text = b"-----BEGIN CERTIFICATE-----\n%s\n-----END CERTIFICATE-----\n" % broken
            self.assertIn("damaged", self.refused(self.files.write("damaged.pem", text)))

    def test_unreadable(self) -> None:
        """A missing file, a folder and an impossible name yield one line each."""
        missing = os.path.join(str(self.files.folder), "missing.pem")
        self.assertIn("No such file", self.refused(missing))
        self.assertIn("Is a directory", self.refused(str(self.files.folder)))
        self.assertIn("not the name of a file", self.refused("a\0b"))

    def test_too_large(self) -> None:
        """What is too large for a certificate is not read to its end."""
        self.assertIn("larger", self.refused("/dev/zero"))

    def test_client_takes_one(self) -> None:
        """A client certificate is one certificate."""
        path = self.files.bundle(2)
        message = str(self.assertRaises(ValueError, load_certificate, "clientCert", path))
        self.assertIn("clientCert: ", message)
        self.assertIn("leave only the client's own", message)

    def test_module_file(self) -> None:
        """The path of a file on the module cannot leave its quotes."""
        self.assertEqual(ModuleFile("RAM:ca.pem").path, "RAM:ca.pem")
        for path in ("", 'x"', "x\r", "x" * 81):
            self.assertRaises(ValueError, ModuleFile, path)


class KeyTests(SynchronousTestCase):
    """Reading private keys."""

    def setUp(self) -> None:
        self.files = Certificates(self.mktemp())

    def refused(self, path: str) -> str:
        """Load what cannot be loaded and give the one line that it yields."""
        message = str(self.assertRaises(ValueError, load_key, "clientKey", path))
        self.assertTrue(message.startswith("clientKey: "), message)
        self.assertNotIn("\n", message)
        return message

    def test_key(self) -> None:
        """A key is private and never shown."""
        key = load_key("clientKey", self.files.key)
        self.assertTrue(key.private)
        self.assertNotIn("data", repr(key))
        for line in key.data.split(b"\n")[1:-2]:
            self.assertNotIn(line.decode("ascii"), repr(key))

    def test_encrypted(self) -> None:
        """An encrypted key is refused with the way out, in both forms."""
        self.assertIn("openssl pkey", self.refused(self.files.encrypted_key(b"secret")))
        old = (
            b"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n"
            b"DEK-Info: DES-EDE3-CBC,00\n\nAAAA\n-----END RSA PRIVATE KEY-----\n"
        )
        self.assertIn("openssl pkey", self.refused(self.files.write("old.pem", old)))

    def test_none(self) -> None:
        """A certificate is no key."""
        self.assertIn("holds no private key", self.refused(self.files.ca))

    def test_several(self) -> None:
        """Of two keys none is guessed."""
        both = self.files.write("both.pem", self.files.key_text * 2)
        self.assertIn("leave one", self.refused(both))

    def test_damaged_is_not_quoted(self) -> None:
        """The message about a damaged key shows nothing of it."""
        lines = self.files.key_text.split(b"\n")
        lines[1] = b"A" + lines[1][1:]
        secret = lines[1].decode("ascii")
        self.assertNotIn(secret, self.refused(self.files.write("bad.pem", b"\n".join(lines))))

    def test_foreign_form(self) -> None:
        """A key in OpenSSH's form is refused with the way out."""
        text = b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"
        self.assertIn("ssh-keygen", self.refused(self.files.write("ssh.pem", text)))

    def test_pair(self) -> None:
        """A key fits its own certificate and no other."""
        certificate = load_certificate("clientCert", self.files.client)
        check_pair(certificate, load_key("clientKey", self.files.key))
        other = load_key("clientKey", self.files.other_key)
        message = str(self.assertRaises(ValueError, check_pair, certificate, other))
        self.assertTrue(message.startswith("clientKey: "), message)
        self.assertIn("does not fit", message)

    def test_label_is_no_identity(self) -> None:
        """Two PEMs with one content are equal."""
        self.assertEqual(PEM(b"x", "a"), PEM(b"x", "b"))
