"""A complete virtual charging station for OCPP 1.6, 2.0.1 and 2.1."""

from libs.station.battery import Car
from libs.station.clock import Clock
from libs.station.habits import Habits
from libs.station.moment import Token
from libs.station.station import VirtualStation

__all__ = ["Car", "Clock", "Habits", "Token", "VirtualStation"]
