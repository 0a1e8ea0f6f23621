import re

from hypothesis import given
from hypothesis import strategies as st

from libs.bus.token import escape, unescape

TOKEN = re.compile(r"[A-Za-z0-9_=-]+")


@given(st.text())
def test_every_text_becomes_one_token_and_comes_back(text):
    token = escape(text)
    assert TOKEN.fullmatch(token)
    assert unescape(token) == text


@given(st.text(), st.text())
def test_different_texts_are_different_tokens(one, other):
    assert (escape(one) == escape(other)) is (one == other)


def test_what_means_something_to_nats_is_written_in_hexadecimal():
    assert escape("CP 1.*>/=") == "CP=201=2E=2A=3E=2F=3D"
    assert escape("") == "="
    assert escape("桩") == "=E6=A1=A9"
    assert escape("\x00") == "=00"


def test_a_plain_name_stays_as_it_is():
    assert escape("CP-001_a") == "CP-001_a"
