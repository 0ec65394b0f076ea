"""SSL contexts on a scripted module: what chapter 2.2.1 says, and what firmware gets wrong."""

from __future__ import annotations

from tests.families.golden_lte import TAGS, TEST_FORM
from tests.modem.scripted import PortBench
from twisted_quectel.at.syntax import split_fields

#: Tags whose value is printed in quotes.
_TEXTS = ("cacert", "cacertex", "clientcert", "clientkey", "psk", "alpn")

#: What the logs show of a factory's state (at-facts, "unsafe defaults").
FACTORY = {
    "sslversion": "4",
    "ciphersuite": "0XFFFF",
    "seclevel": "0",
    "ignorelocaltime": "1",
    "negotiatetime": "300",
    "session_cache": "1",
}


class ScriptedContexts(PortBench):
    """A port whose module answers C{AT+QSSLCFG}.

    @ivar values: what each context holds, by tag: the texts of its values.
    @ivar missing: tags that the firmware does not know.
    @ivar stubborn: tags of which a write is answered like a query, or by OK
        alone, and changes nothing (field note 26); by tag, how often.
    @ivar refused: values that are answered by an error.
    @ivar joins: whether several commands may stand on one line.
    @ivar errors: how many of the next lines are answered by an error that
        passes; the test form is not.
    @ivar printed: answers to queries that are printed otherwise, by tag.
    """

    def __init__(self) -> None:
        super().__init__()
        self.values: dict[int, dict[str, list[str]]] = {
            context: {tag: [FACTORY.get(tag, "" if tag in _TEXTS else "0")] for tag in TAGS}
            for context in range(6)
        }
        for context in self.values.values():
            context["psk"] = ["", ""]
        self.missing = {"checkhost"}
        self.stubborn: dict[str, int] = {}
        self.refused: set[str] = set()
        self.joins = True
        self.errors = 0
        self.printed: dict[str, str] = {}
        self.answers["+QSSLCFG"] = self.configure

    def set(self, context: int, **values: str) -> None:
        """Set tags as an earlier host may have left them."""
        for tag, value in values.items():
            self.values[context][tag] = value.split(",")

    def configure(self, line: str) -> str:
        """Answer a line of joined commands, or the test form."""
        if line == "+QSSLCFG=?":
            listed = [row for row in TEST_FORM if row.split('"')[1] not in self.missing]
            return "\n\n".join([*listed, "OK"])
        if self.errors:
            self.errors -= 1
            return "ERROR"
        parts = line.split(";")
        if len(parts) > 1 and not self.joins:
            return "ERROR"
        said: list[str] = []
        for part in parts:
            answer = self._one(part.removeprefix("+QSSLCFG="))
            if answer == "ERROR":
                return "\n\n".join([*said, "ERROR"])
            if answer:
                said.append(answer)
        return "\n\n".join([*said, "OK"])

    def _one(self, text: str) -> str:
        fields = [field.string() for field in split_fields(text.encode())]
        tag, context, values = fields[0], int(fields[1]), fields[2:]
        known = self.values[context]
        if tag in self.missing:
            return "ERROR"
        if values and not self.stubborn.get(tag):
            if text.rpartition(",")[2] in self.refused:
                return "ERROR"
            known[tag] = values
            return ""
        if values:
            self.stubborn[tag] -= 1
            return ""
        shown = [f'"{value}"' if tag in _TEXTS else value for value in known[tag]]
        form = self.printed.get(tag, '+QSSLCFG: "{tag}",{context},{values}')
        return form.format(tag=tag, context=context, values=",".join(shown))
