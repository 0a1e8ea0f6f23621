"""Parts of reports that get lost on their way, for tests of who has to ask for them again."""

from libs.station.controller import Controller
from libs.station.feature import Feature


class Reporting(Feature):
    """``lost``: the numbers of parts that will not be sent, each once."""

    __slots__ = ("lost",)

    def __init__(self, station: Controller) -> None:
        super().__init__(station)
        self.lost: frozenset[int] = frozenset()

    def loses(self, part: int) -> bool:
        found = part in self.lost
        self.lost -= {part}
        return found
