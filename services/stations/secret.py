"""Secrets of stations: how they are kept, and which of the ways a station spells one are right.

Kept are two salted scrypt hashes of what the operator gave. ``text`` is the hash of its UTF-8
text: what a 2.x station sends (A00.FR.204). ``octets`` is the hash of what it means in 1.6,
where an AuthorizationKey is written as hex digits and sent as the bytes they stand for, or by
many as the digits: :func:`meaning` brings every such spelling to the same bytes.
"""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode

from msgspec import Struct

from libs.ocpp.message import Version

HEX = re.compile(rb"(?:[0-9A-Fa-f]{2}){16,}")
"""At least 32 digits: a 1.6 key is 16 to 20 bytes. Shorter texts of hex digits are just texts."""

SALT_BYTES = 16
HASH_BYTES = 32
COST = 2**13
"""16 ms and 8 MiB on the machine of 2026: a station's secret is long and random, not a person's
password."""
BLOCK = 8
PARALLEL = 1
MEMORY_MAX = 64 * 2**20


class Kept(Struct, frozen=True):
    """What the registry stores of a secret: ``scrypt$cost$block$parallel$salt$hash`` twice."""

    text: str
    octets: str


def keep(secret: str, salts: tuple[bytes, bytes]) -> Kept:
    """The hashes of a new secret. Takes some 30 ms of CPU: not for the event loop."""
    spelled = secret.encode()
    return Kept(digest(spelled, salts[0]), digest(meaning(spelled), salts[1]))


def matches(kept: Kept, version: Version, presented: bytes) -> bool:
    """Whether a station's secret is right. Takes some 16 ms of CPU: not for the event loop."""
    stored, secret = candidate(kept, version, presented)
    _, cost, block, parallel, salt, _ = stored.split("$")
    again = digest(secret, b64decode(salt), int(cost), int(block), int(parallel))
    return hmac.compare_digest(stored, again)


def candidate(kept: Kept, version: Version, presented: bytes) -> tuple[str, bytes]:
    """The hash that counts for the version, and the bytes that are to be hashed."""
    match version:
        case "v16":
            return kept.octets, meaning(presented)
        case "v201" | "v21":
            return kept.text, presented


def meaning(spelled: bytes) -> bytes:
    """A 1.6 key as its bytes, whether it came as hex digits or as the bytes themselves."""
    return bytes.fromhex(spelled.decode()) if HEX.fullmatch(spelled) else spelled


def digest(
    secret: bytes, salt: bytes, cost: int = COST, block: int = BLOCK, parallel: int = PARALLEL
) -> str:
    hashed = hashlib.scrypt(
        secret, salt=salt, n=cost, r=block, p=parallel, maxmem=MEMORY_MAX, dklen=HASH_BYTES
    )
    return (
        f"scrypt${cost}${block}${parallel}${b64encode(salt).decode()}${b64encode(hashed).decode()}"
    )
