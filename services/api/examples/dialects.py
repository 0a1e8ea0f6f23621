"""Dialects and probes."""

from datetime import UTC, datetime

from libs.contracts.dialects import DialectPage, Fact, Probe, StationDialect
from libs.ocpp.dialect import Dialect, Limits
from libs.ocpp.dialect.habits import (
    Charging,
    Commands,
    Expects,
    Features,
    Match,
    Order,
    Times,
    Timing,
    Units,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)

MATCH = Match(vendor="volta*", model="duo*", firmware_before="3.5")
FACT = Fact(
    fact="GetConfiguration is answered for 4 of its items, and not for more.",
    field="limits.get_configuration_keys",
    value=4,
    evidence=["1021-7", "1021-8"],
)
PROPOSED = Dialect(
    name="learned", title="Learned by a probe.", limits=Limits(get_configuration_keys=4)
)
DIALECT = Dialect(
    name="volta-duo",
    title="Volta Duo: times in whole seconds.",
    match=(MATCH,),
    notes=("Mended in firmware 3.5.",),
    sources=("https://example.com/forum/17",),
    expects=Expects(quirks=("time",)),
    times=Times(fraction=False),
)
PROBE = Probe(
    id="0b1f4c1e-6a52-4f6c-8f0a-3d8f5a2c9b17",
    station="CP-1",
    at=NOON,
    calls=10,
    facts=[FACT],
    quirks={"time": 3},
    proposed=PROPOSED,
    applied_at=NOON,
)
EXAMPLES = (
    MATCH,
    FACT,
    DIALECT,
    PROBE,
    DialectPage(items=[DIALECT]),
    StationDialect(station="CP-1", name=DIALECT.name, origin="match", dialect=DIALECT, probe=PROBE),
    Charging(kinds=("Relative",), stack_level_max=0),
    Commands(reset="hard"),
    Expects(quirks=("time",)),
    Features(claims_wrongly=("RemoteTrigger",)),
    Limits(get_configuration_keys=4),
    Order(),
    Times(fraction=False),
    Timing(answer_seconds=20),
    Units(charging_rate="W"),
)
