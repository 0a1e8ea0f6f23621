"""``voltbus stations``: who is there."""

import json
from argparse import Namespace
from typing import Any

from libs.ocpp.message import NAMES
from services.voltbus.client import Client
from services.voltbus.table import table

HEAD = ("STATION", "ONLINE", "OCPP", "MODEL", "FIRMWARE", "CONNECTORS")


def main(asked: Namespace) -> int:
    online = {"online": "true", "offline": "false", None: None}[asked.only]
    query = {"online": online, "search": asked.search}
    found = list(Client.configured(asked.tenant).all("stations", query))
    if asked.json:
        print(json.dumps(found, indent=2, ensure_ascii=False))
    elif found:
        print(table(HEAD, [row(station) for station in found]))
    else:
        print("No station.")
    return 0


def row(station: dict[str, Any]) -> list[str]:
    connectors = [
        f"{evse['id']}.{connector['id']} {connector['status']}"
        for evse in station["evses"]
        for connector in evse["connectors"]
    ]
    return [
        station["id"],
        "online" if station["online"] else "offline",
        NAMES.get(station["protocol"], "-"),
        " ".join(filter(None, [station["vendor"], station["model"]])) or "-",
        station["firmware"] or "-",
        ", ".join(connectors) or "-",
    ]
