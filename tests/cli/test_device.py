"""Tests for C{quectel demo} with a device: a module that another process emulates."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any, cast

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.cli.processes import PATIENCE, complaints, quectel, start
from twisted_quectel.cli.demoserver import PATH, DemoServer, make_identity


class DeviceTests(TestCase):
    """Everything apart: the server here, the module and the demo in processes of their own."""

    async def _setUp(self) -> None:
        self.server = DemoServer(cast(Any, reactor), 30000)
        await self.server.start()
        self.addCleanup(self._stop)
        folder = Path(self.mktemp()).absolute()
        folder.mkdir()
        self.cacert = folder / "ca.pem"
        self.cacert.write_bytes(self.server.identity.authority)
        self.device = str(folder / "modem")
        self.url = f"https://broker.example:{self.server.port}/{PATH}"
        self.module = start("emulate", "--pty", self.device, "--host", "broker.example=127.0.0.1")
        self.addCleanup(self._end, self.module)
        assert self.module.stdout is not None
        self.module.stdout.readline()

    def _stop(self) -> Any:
        return Deferred.fromCoroutine(self.server.stop())

    def _end(self, module: subprocess.Popen[str]) -> None:
        module.terminate()
        module.communicate(timeout=PATIENCE)

    async def demo(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the demo against the device, while the server here goes on."""
        done: subprocess.CompletedProcess[str] = await deferToThread(
            quectel, "demo", "--device", self.device, "--url", self.url, *arguments
        )
        return done

    async def test_fetched(self) -> None:
        """The page comes; transparent mode is used only if it is asked for."""
        await self._setUp()
        done = await self.demo("--cacert", str(self.cacert), "--sha256", self.server.digest)
        self.assertEqual((done.returncode, complaints(done.stderr)), (0, []))
        self.assertIn("every mode: buffer, push.", done.stdout)
        seen = self.server.seen
        assert seen is not None
        self.assertEqual((seen.version, seen.name), ("TLSv1.2", "broker.example"))
        done = await self.demo("--cacert", str(self.cacert), "--mode", "transparent")
        self.assertEqual((done.returncode, complaints(done.stderr)), (0, []))
        self.assertIn(self.server.digest, done.stdout)

    async def test_wrong(self) -> None:
        """Another CA, another hash, no such page: one line, and status 1."""
        await self._setUp()
        other = self.cacert.with_name("other.pem")
        other.write_bytes(make_identity().authority)
        for arguments, part in (
            (("--cacert", str(other)), "(566)"),
            (("--no-verify", "--sha256", "0" * 64), "SHA-256"),
        ):
            done = await self.demo(*arguments, "--mode", "push")
            self.assertEqual(done.returncode, 1)
            lines = complaints(done.stderr)
            self.assertEqual(len(lines), 1, done.stderr)
            self.assertIn(part, lines[0])
