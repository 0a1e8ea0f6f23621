"""The example of the README runs."""

import re
import textwrap
from pathlib import Path

import libs.station
from tests.libs.station.csms import running

README = Path(libs.station.__file__).parent / "README.md"


async def test_the_example_runs(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    names = {}
    async with running("v201") as csms:
        code = code.replace("ws://127.0.0.1:9000/", csms.url).replace("speed=600", "speed=9000")
        exec(f"async def example():\n{textwrap.indent(code, '    ')}", names)
        await names["example"]()
    assert "cause='PowerLoss'" in capsys.readouterr().out
    events = csms.said("TransactionEvent")
    assert events[-1]["transactionInfo"]["stoppedReason"] == "PowerLoss"
