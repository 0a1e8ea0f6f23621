"""One escape for subjects, KV keys, file names: other bytes than ``[A-Za-z0-9_-]`` are ``=HH``."""

import re
from functools import lru_cache
from urllib.parse import unquote

KEEP = re.compile(r"[A-Za-z0-9_-]+")
ESCAPED = re.compile(r"=([0-9A-F]{2})")
EMPTY = "="


@lru_cache(maxsize=65_536)
def escape(text: str) -> str:
    """Any text as one subject token. Reversible; the empty text is ``=``."""
    if KEEP.fullmatch(text):
        return text
    if not text:
        return EMPTY
    return "".join(
        chr(byte) if chr(byte).isascii() and KEEP.fullmatch(chr(byte)) else f"={byte:02X}"
        for byte in text.encode("utf-8", "surrogateescape")
    )


@lru_cache(maxsize=65_536)
def unescape(token: str) -> str:
    """The text that :func:`escape` made a token of."""
    if token == EMPTY:
        return ""
    return unquote(ESCAPED.sub(r"%\1", token), errors="surrogateescape") if "=" in token else token
