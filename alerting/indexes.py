"""How open stories are found: `Index` by keys that thousands may share, `Texts` by the bands of their texts.

With a hundred thousand open stories, containers of objects would take more memory than the stories themselves, so both
hold bare numbers wherever they can. Searching a row of numbers also waits for memory once, not once for each object.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from collections.abc import Hashable, Iterable
from typing import Final, Generic, TypeVar

_FILLED: Final = 16
"""Most pairs that a bucket of `Texts` holds on average."""
_BAND: Final = 4
"""Bytes of a band."""
_PAIR: Final = 8
"""Bytes of a band with a story's number."""
_NUMBER_BITS: Final = 8 * (_PAIR - _BAND)

K = TypeVar("K", bound=Hashable)


class Index(Generic[K]):
    """Places by a key, in ascending order; what is added must be the greatest of its key.

    By far most keys have one story only, whose place is held as it is.
    """

    def __init__(self) -> None:
        self._held: dict[K, int | array[int]] = {}

    def __len__(self) -> int:
        return len(self._held)

    def add(self, keys: Iterable[K], place: int) -> None:
        """Put a place under some keys."""
        for key in keys:
            held = self._held.setdefault(key, place)
            if isinstance(held, array):
                held.append(place)
            elif held != place:
                self._held[key] = array("Q", (held, place))

    def drop(self, keys: Iterable[K], place: int) -> None:
        """Forget a place that is under all of these keys."""
        for key in keys:
            held = self._held[key]
            if isinstance(held, array):
                del held[bisect_left(held, place)]
                if len(held) == 1:
                    self._held[key] = held[0]
            else:
                del self._held[key]

    def last(self, keys: Iterable[K], most: int) -> list[int]:
        """The greatest places of each key, so many at most; one that is under several keys comes several times."""
        places: list[int] = []
        for held in map(self._held.get, keys):
            if isinstance(held, array):
                places += held[-most:]
            elif held is not None:
                places.append(held)
        return places


class Texts:
    """Numbers of stories, below 2**32, by the bands of their texts (alerting.fingerprint), and nothing else.

    A hash table that grows by a bucket at a time (linear hashing, Litwin 1980), so that it never stands still to be
    made anew. A bucket is a string of bytes, eight a pair: the band, then the story.
    """

    def __init__(self) -> None:
        self._buckets = [b""]
        self._pairs = 0

    def __len__(self) -> int:
        return self._pairs

    def add(self, bands: Iterable[int], story: int) -> None:
        """Put a story under bands, numbers below 2**32."""
        for band, at in self._with_buckets(bands):
            self._buckets[at] += (band << _NUMBER_BITS | story).to_bytes(_PAIR, "big")
            self._pairs += 1
        while self._pairs > _FILLED * len(self._buckets):
            self._grow()

    def drop(self, bands: Iterable[int], story: int) -> None:
        """Take away a story that is under all of these bands; once, where it is there twice."""
        for band, at in self._with_buckets(bands):
            bucket = self._buckets[at]
            begins = _find(bucket, (band << _NUMBER_BITS | story).to_bytes(_PAIR, "big"))
            self._buckets[at] = bucket[:begins] + bucket[begins + _PAIR :]
            self._pairs -= 1

    def of(self, bands: Iterable[int]) -> set[int]:
        """The stories under any of some bands."""
        found = set()
        for band, at in self._with_buckets(bands):
            bucket = self._buckets[at]
            key = band.to_bytes(_BAND, "big")
            if key not in bucket:  # as good as always
                continue
            begins = _find(bucket, key)
            while begins >= 0:
                found.add(int.from_bytes(bucket[begins + _BAND : begins + _PAIR], "big"))
                begins = _find(bucket, key, begins + _PAIR)
        return found

    def _with_buckets(self, bands: Iterable[int]) -> list[tuple[int, int]]:
        """Bands, each with its bucket's number."""
        count = len(self._buckets)
        half = 1 << count.bit_length() - 1
        below = 2 * half - 1
        return [(band, at if (at := band & below) < count else at - half) for band in bands]

    def _grow(self) -> None:
        """Add a bucket, and move there what belongs there from the bucket that held it so far."""
        added = len(self._buckets)
        former = added - (1 << added.bit_length() - 1)
        bucket = self._buckets[former]
        self._buckets.append(b"")
        self._buckets[former] = b""
        pairs = [bucket[begins : begins + _PAIR] for begins in range(0, len(bucket), _PAIR)]
        bands = [int.from_bytes(pair[:_BAND], "big") for pair in pairs]
        for (_, at), pair in zip(self._with_buckets(bands), pairs, strict=True):
            self._buckets[at] += pair


def _find(bucket: bytes, beginning: bytes, start: int = 0) -> int:
    """Where the first pair with this beginning stands; -1 where none does."""
    begins = bucket.find(beginning, start)
    while begins % _PAIR and begins >= 0:
        begins = bucket.find(beginning, begins + 1)
    return begins
