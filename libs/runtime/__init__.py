"""What surrounds a service: configuration, signals, logs, traces, metrics, health, children."""

from libs.runtime.configuration import CannotStart, ConfigError, describe, load
from libs.runtime.crew import Crew
from libs.runtime.life import Life
from libs.runtime.service import Surroundings, live, run, stop_on_signals, surround

__all__ = [
    "CannotStart",
    "ConfigError",
    "Crew",
    "Life",
    "Surroundings",
    "describe",
    "live",
    "load",
    "run",
    "stop_on_signals",
    "surround",
]
