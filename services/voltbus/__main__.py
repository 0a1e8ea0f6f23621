"""The command ``voltbus``. Everything but this is imported by the sub-command that needs it."""

import argparse
import importlib
import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from services.voltbus.options import parser
from services.voltbus.sentence import FAILED, Failure

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    asked = parser(version("voltbus")).parse_args(arguments)
    try:
        return command(asked)
    except Failure as failure:
        print(failure, file=sys.stderr)
        return failure.code
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has seen enough, as `head` does; nothing more is to be flushed.
        sys.stdout = None
        return FAILED


def command(asked: argparse.Namespace) -> int:
    from libs.runtime.configuration import CannotStart  # noqa: PLC0415 - `--help` shall be quick

    module, _, function = asked.command.partition(":")
    run: Any = getattr(
        importlib.import_module(f"services.voltbus.commands.{module}"), function or "main"
    )
    try:
        return run(asked)
    except CannotStart as error:
        raise Failure(f"voltbus cannot start:\n{error}", code=2) from error


if __name__ == "__main__":
    sys.exit(main())
