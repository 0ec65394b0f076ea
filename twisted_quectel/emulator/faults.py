"""The faults of the field, as values that a module is created with.

Each is a small frozen value with a name and the numbers of the field notes
that it stands for; C{docs/faults.rst} has them all, with the tests that hold
hosts to them.  L{FAULTS} is their registry.
"""

from __future__ import annotations

from .faults_base import FAULTS, Fault, Hooks, fault
from .faults_files import ListWithoutDrive, NameExists, UploadLineLost, UploadPartial
from .faults_lines import (
    BareUrcs,
    CommandFails,
    InfoThenError,
    LateAnswer,
    MissingInfo,
    MixedErrors,
    OddSpaces,
    OtherBootWords,
    SamePrefixUrcs,
    SplitBytes,
    UrcInBetween,
)
from .faults_modes import (
    ConnectAndGone,
    DataBehindCarrier,
    EscapeDrops,
    LongGuard,
    SwallowsAfterCarrier,
)
from .faults_opening import (
    IdLingers,
    OpenFails,
    OtherId,
    QuotedCipher,
    ResultLost,
    Strangers,
    Wedge,
    WriteIsQuery,
)
from .faults_power import (
    ClockUnknown,
    CtsLow,
    NoBootUrcs,
    PdpDead,
    PdpDrops,
    PdpHeld,
    PdpUnlisted,
    Restarts,
    ShortYear,
    UrcsElsewhere,
    WrongBaudrate,
)
from .faults_receiving import (
    DuplicateRecvUrc,
    EarlyClosed,
    MissingRecvUrc,
    RecvLength,
    SingleLineEnd,
    SmallPushes,
    SpuriousRecvUrc,
    StateThree,
)
from .faults_sending import ErrorInsteadOfSendOk, PromptRefused, SendFails
from .faults_sleep import DeepSleep, FirstBytesLost

__all__ = [
    "FAULTS",
    "BareUrcs",
    "ClockUnknown",
    "CommandFails",
    "ConnectAndGone",
    "CtsLow",
    "DataBehindCarrier",
    "DeepSleep",
    "DuplicateRecvUrc",
    "EarlyClosed",
    "ErrorInsteadOfSendOk",
    "EscapeDrops",
    "Fault",
    "FirstBytesLost",
    "Hooks",
    "IdLingers",
    "InfoThenError",
    "LateAnswer",
    "ListWithoutDrive",
    "LongGuard",
    "MissingInfo",
    "MissingRecvUrc",
    "MixedErrors",
    "NameExists",
    "NoBootUrcs",
    "OddSpaces",
    "OpenFails",
    "OtherBootWords",
    "OtherId",
    "PdpDead",
    "PdpDrops",
    "PdpHeld",
    "PdpUnlisted",
    "PromptRefused",
    "QuotedCipher",
    "RecvLength",
    "Restarts",
    "ResultLost",
    "SamePrefixUrcs",
    "SendFails",
    "ShortYear",
    "SingleLineEnd",
    "SmallPushes",
    "SplitBytes",
    "SpuriousRecvUrc",
    "StateThree",
    "Strangers",
    "SwallowsAfterCarrier",
    "UploadLineLost",
    "UploadPartial",
    "UrcInBetween",
    "UrcsElsewhere",
    "Wedge",
    "WriteIsQuery",
    "WrongBaudrate",
    "fault",
]
