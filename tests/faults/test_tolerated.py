"""Faults that must not be felt at all: every byte arrives, every end is orderly."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from tests.faults.bench import SEEDS, FaultCase, matrix
from twisted_quectel.emulator import ModuleSettings
from twisted_quectel.emulator.faults import (
    BareUrcs,
    ClockUnknown,
    DuplicateRecvUrc,
    EarlyClosed,
    Fault,
    ListWithoutDrive,
    MissingRecvUrc,
    MixedErrors,
    NameExists,
    NoBootUrcs,
    OddSpaces,
    OtherBootWords,
    PdpUnlisted,
    PromptRefused,
    QuotedCipher,
    RecvLength,
    SamePrefixUrcs,
    SendFails,
    ShortYear,
    SingleLineEnd,
    SmallPushes,
    SplitBytes,
    SpuriousRecvUrc,
    StateThree,
    Strangers,
    UploadLineLost,
    UploadPartial,
    UrcInBetween,
    UrcsElsewhere,
    WriteIsQuery,
    WrongBaudrate,
)
from twisted_quectel.modem.receiving import SAFETY_POLL

#: Name of the test; the faults; what else the bench is to be.
TOLERATED: Final[dict[str, tuple[tuple[Fault, ...], dict[str, Any]]]] = {
    "urc_in_between": ((UrcInBetween(),), {}),
    "urc_in_between_twenty_in_one_read": ((UrcInBetween(copies=20),), {}),
    "split_bytes": ((SplitBytes(),), {}),
    "split_bytes_and_urcs": ((SplitBytes(3), UrcInBetween()), {}),
    "bare_urcs": ((BareUrcs(),), {}),
    "other_boot_words": ((OtherBootWords(),), {"settings": ModuleSettings(booted=False)}),
    "same_prefix_urcs": ((SamePrefixUrcs(),), {}),
    "mixed_errors": ((MixedErrors(), NameExists(2)), {}),
    "odd_spaces": ((OddSpaces(),), {}),
    "missing_recv_urc": ((MissingRecvUrc(),), {}),
    "missing_recv_urc_every_second": ((MissingRecvUrc(2),), {}),
    "early_closed": ((EarlyClosed(),), {}),
    "spurious_recv_urc": ((SpuriousRecvUrc(),), {}),
    "duplicate_recv_urc": ((DuplicateRecvUrc(),), {}),
    "state_three": ((StateThree(), PromptRefused(2)), {}),
    "recv_length": ((RecvLength(),), {}),
    "small_pushes": ((SmallPushes(),), {}),
    "single_line_end": ((SingleLineEnd(),), {}),
    "send_fail_n": ((SendFails(),), {}),
    "send_fail_n_five": ((SendFails(5),), {}),
    "send_fail_n_then_ok": ((SendFails(3, then_ok=True),), {}),
    "prompt_refused": ((PromptRefused(3),), {}),
    "prompt_refused_by_send_fail": ((PromptRefused(3, send_fail=True),), {}),
    "write_is_query": ((WriteIsQuery(),), {}),
    "write_is_query_seclevel": ((WriteIsQuery("seclevel"),), {}),
    "quoted_cipher": ((QuotedCipher(),), {}),
    "strangers": ((Strangers(),), {}),
    "name_exists": ((NameExists(),), {}),
    "upload_partial": ((UploadPartial(),), {}),
    "upload_line_lost": ((UploadLineLost(),), {}),
    "list_without_drive": ((ListWithoutDrive(), UploadLineLost()), {}),
    "no_boot_urcs": ((NoBootUrcs(),), {"settings": ModuleSettings(booted=False)}),
    "wrong_baudrate": ((WrongBaudrate(),), {}),
    "urcs_elsewhere": ((UrcsElsewhere(),), {}),
    "urcs_elsewhere_all": ((UrcsElsewhere(),), {"description": {"urc_port": "all"}}),
    "pdp_unlisted": ((PdpUnlisted(),), {}),
    "clock_unknown": ((ClockUnknown(),), {}),
    "short_year": ((ShortYear(),), {"description": {"clock": "network"}}),
    "all_at_once": (
        (UrcInBetween(), OddSpaces(), SendFails(2), UploadPartial(), SmallPushes(500)),
        {},
    ),
}


#: What modules without states, reads, uploads or C{SEND FAIL} of TLS cannot have.
_NOT_EVERYWHERE: Final = (StateThree, UploadPartial, SendFails, EarlyClosed)


def _test(faults: tuple[Fault, ...], arguments: dict[str, Any]) -> Callable[[FaultCase], None]:
    def test(self: FaultCase) -> None:
        if any(isinstance(fault, _NOT_EVERYWHERE) for fault in faults):
            self.only("lte", "gsm")
        self.begin(*faults, **arguments)
        peer = self.open()
        self.both_ways(peer, self.seed)
        self.closed_by_server(peer, self.seed + 10)
        self.works()

    names = ", ".join(fault.name for fault in faults)
    test.__doc__ = f"With {names}: bytes exact both ways, the tail ahead of the end, then again."
    return test


class Tolerated(FaultCase):
    """Faults that are not felt."""

    def test_missing_recv_urc_behind_a_send(self) -> None:
        """What came while a send was under way is read behind it, not at the next poll."""
        self.begin(MissingRecvUrc())
        peer = self.open()
        server = self.serving.peers[-1]
        for number in range(5):
            server.transport.write(b"answer")
            # it is there, and nothing tells
            self.settle(0.1)
            self.assertEqual(peer.count, 6 * number)
            peer.transport.write(b"question")
            self.result_of(peer.when_received(6 * (number + 1)), SAFETY_POLL / 10)
        self.closed_by_client(peer)


for _name, (_faults, _arguments) in TOLERATED.items():
    setattr(Tolerated, f"test_{_name}", _test(_faults, _arguments))
matrix(globals(), Tolerated, seeds=SEEDS)
del Tolerated
