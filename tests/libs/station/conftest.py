"""A server that is not ours, for each version, and a station that is quick about the network."""

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from libs.station import VirtualStation
from tests.libs.station.csms import Csms, running

QUIET = {
    "OCPPCommCtrlr.WebSocketPingInterval": "0",
    "OCPPCommCtrlr.RetryBackOffWaitMinimum": "2",
    "OCPPCommCtrlr.RetryBackOffRandomRange": "2",
}

VERSIONS = ("v16", "v201", "v21")

ONLY_2 = pytest.mark.parametrize("version", ["v201", "v21"])
"""What 1.6 does not have."""


@pytest.fixture(params=VERSIONS)
def version(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest_asyncio.fixture
async def csms(version: str) -> AsyncIterator[Csms]:
    async with running(version) as server:
        yield server


@pytest.fixture
def station(
    csms: Csms, caplog: pytest.LogCaptureFixture
) -> Iterator[Callable[..., VirtualStation]]:
    """Makes a station of the server's version; waits for the network are 20 times shorter.

    No callback of it may fail: the event loop would only log that.
    """

    def make(**options: Any) -> VirtualStation:
        options["settings"] = QUIET | options.get("settings", {})
        return VirtualStation(
            "CP 1", csms.url, csms.version, **{"link_speed": 20, "seed": 7, **options}
        )

    yield make
    assert [record.getMessage() for record in caplog.records if record.name == "asyncio"] == []
