"""The last answers of a station, for a CALL that comes again under its id. Pure.

Stations send a CALL again when its answer was lost (2.0.1 errata 2024-09, 1.6 errata 2025-04):
it is acted upon once and answered as often as it comes. A new CALL under an old id is new.
"""

from typing import Literal

Verdict = Literal["new", "reused", "repeated"]


class Replay:
    """Answers by message id, the oldest forgotten first."""

    __slots__ = ("answers", "most")

    def __init__(self, most: int) -> None:
        self.most = most
        self.answers: dict[str, tuple[int, bytes]] = {}

    def verdict(self, id: str, frame: bytes) -> Verdict:
        known = self.answers.get(id)
        if known is None:
            return "new"
        return "repeated" if known[0] == hash(frame) else "reused"

    def answer(self, id: str) -> bytes:
        return self.answers[id][1]

    def remember(self, id: str, frame: bytes, answer: bytes) -> None:
        self.answers.pop(id, None)
        if len(self.answers) >= self.most:
            del self.answers[next(iter(self.answers))]
        self.answers[id] = (hash(frame), answer)
