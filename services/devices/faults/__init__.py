"""What can go wrong with a station, as data: what it means, who acts, how to mend it."""

from services.devices.faults.catalogue import Catalogue, Entry, Maker, load

__all__ = ["Catalogue", "Entry", "Maker", "load"]
