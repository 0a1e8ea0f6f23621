"""The cursor of a page of sessions."""

from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.bus import Invalid
from services.transactions.store_views import cursor, cursor_of

ZONES = st.integers(-14, 14).map(lambda hours: timezone(timedelta(hours=hours)))
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES)  # noqa: DTZ001 - the zone is drawn


@given(moment=MOMENTS, id=st.uuids())
def test_it_comes_back_as_it_was_though_nobody_escaped_it(moment: datetime, id: object) -> None:
    """In a query a plus would be a space."""
    made = cursor_of(moment, str(id))
    assert parse_qs(f"after={made}") == {"after": [made]}
    assert cursor(made) == (moment.astimezone(UTC), str(id))


@pytest.mark.parametrize("text", ["", "_", "2026-01-31T12:00:00Z", "yesterday_1", "2026-01-31Z_x"])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(Invalid, match="not one of ours"):
        cursor(text)
