"""Whom a modem tells about uploads."""

from __future__ import annotations

from .files import UploadProgress


class Reporting:
    """Something that puts certificates on a module."""

    def __init__(self) -> None:
        self._progress: list[UploadProgress] = []

    def report_uploads(self, progress: UploadProgress) -> None:
        """Have each upload of a certificate told: path, bytes done, bytes in all."""
        self._progress.append(progress)

    def stop_reporting_uploads(self, progress: UploadProgress) -> None:
        """Tell it no more; whether it was told does not matter."""
        if progress in self._progress:
            self._progress.remove(progress)
