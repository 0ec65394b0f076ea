"""One figure of the table."""

from __future__ import annotations

from typing import NamedTuple


class Cell(NamedTuple):
    """A figure and its goal.

    @ivar name: what was measured.
    @ivar reached: the figure; L{None} where it could not be measured here.
    @ivar goal: what it has to reach, or may reach at most.
    @ivar at_most: whether less is better.
    @ivar note: what else there is to say.
    """

    name: str
    reached: float | None
    goal: float
    at_most: bool = False
    note: str = ""

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        if self.reached is None:
            return True
        return self.reached <= self.goal if self.at_most else self.reached >= self.goal

    def row(self) -> str:
        """Give the cell as a row of the table."""
        reached = "-" if self.reached is None else f"{self.reached:.3f}"
        sign = "<=" if self.at_most else ">="
        missed = "" if self.met else "  MISSED"
        note = f"  ({self.note})" if self.note else ""
        return f"{self.name:<66} {reached:>9}  {sign} {self.goal:<6g}{missed}{note}"
