"""``voltbus edge`` and its like: one service as a process."""

import os
from argparse import Namespace

from libs.runtime import run
from services.voltbus.services import find


def main(asked: Namespace) -> int:
    service = find(asked.service)
    run(service.name, service.config, service.serve)


def simulate(asked: Namespace) -> int:
    """The service ``simulator``; its options are its settings."""
    given = {name: value for name, value in vars(asked).items() if name.startswith("VOLTBUS_")}
    os.environ.update({name: value for name, value in given.items() if value is not None})
    asked.service = "simulator"
    return main(asked)
