"""What goes wrong for the user of the command is a sentence and an exit code, never a traceback."""

FAILED = 1
MISUSED = 2


class Failure(Exception):
    """Ends the command."""

    def __init__(self, sentence: str, code: int = FAILED) -> None:
        super().__init__(sentence)
        self.code = code
