"""Comparing secrets without paying for it twice.

A scrypt hash costs 16 ms on purpose. When an edge restarts, thousands of stations come back with
secrets that were found right before: what was verified is remembered under a random key of this
process, and forgotten with the process. A stored hash is part of what is remembered, so a
changed password counts at once.
"""

import asyncio
import hashlib
import secrets
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

from libs.ocpp.message import Version
from services.stations.admission import SecretVerdict
from services.stations.secret import SALT_BYTES, Kept, candidate, keep, matches

THREADS = 2
WAITING_MAX = 500
"""Some 4 seconds of work; who comes beyond is asked to try again."""
KNOWN_MAX = 200_000
WRONG_SECONDS = 60.0
"""A station with a wrong password tries again and again with the same one."""


class Verifier:
    """Compares presented secrets with stored hashes, off the event loop."""

    def __init__(
        self,
        *,
        threads: int = THREADS,
        waiting_max: int = WAITING_MAX,
        known_max: int = KNOWN_MAX,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="scrypt")
        self._key = secrets.token_bytes(32)
        self._right: OrderedDict[bytes, None] = OrderedDict()
        self._wrong: OrderedDict[bytes, float] = OrderedDict()
        self._waiting = 0
        self._waiting_max = waiting_max
        self._known_max = known_max
        self._clock = clock
        self.hashed = 0
        """How many comparisons were paid for."""

    async def check(self, kept: Kept, version: Version, presented: bytes) -> SecretVerdict:
        """Whether it is right; ``busy`` when too many comparisons wait already."""
        mark = self._mark(kept, version, presented)
        if mark in self._right:
            self._right.move_to_end(mark)
            return "right"
        if self._wrong.get(mark, 0) > self._clock():
            return "wrong"
        if self._waiting >= self._waiting_max:
            return "busy"
        self._waiting += 1
        try:
            right = await asyncio.get_running_loop().run_in_executor(
                self._pool, matches, kept, version, presented
            )
        finally:
            self._waiting -= 1
        self.hashed += 1
        self._remember(mark, right=right)
        return "right" if right else "wrong"

    async def keep(self, secret: str) -> Kept:
        """The hashes of a new secret, each with a salt of its own."""
        salts = (secrets.token_bytes(SALT_BYTES), secrets.token_bytes(SALT_BYTES))
        return await asyncio.get_running_loop().run_in_executor(self._pool, keep, secret, salts)

    def stop(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _mark(self, kept: Kept, version: Version, presented: bytes) -> bytes:
        """What stands for hash and secret in memory: useless without this process's key."""
        stored, secret = candidate(kept, version, presented)
        return hashlib.blake2b(stored.encode() + b"\0" + secret, key=self._key).digest()

    def _remember(self, mark: bytes, *, right: bool) -> None:
        if right:
            self._right[mark] = None
        else:
            self._wrong[mark] = self._clock() + WRONG_SECONDS
        for known in (self._right, self._wrong):
            while len(known) > self._known_max:
                known.popitem(last=False)
