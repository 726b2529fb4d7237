"""Headers whose names are no UTF-8, and batches that cannot be unpacked, as a client in another language may write them
(promise 6).

aiokafka raises on such a record, and again at each look: nothing behind it in its partition ever comes, nor what was
read before it. So its records are read by its own fast parser as long as that goes well, and from such a header to the
end of its batch by its slow one, which is told to escape what it cannot read. Where that does not go well either, as
where the broker takes a compression for right that our codec does not, the batch stands for its records.
"""

import logging
import struct
from collections.abc import Iterator
from itertools import islice
from typing import Any, Final, NamedTuple, overload

from aiokafka.consumer import fetcher
from aiokafka.record.default_records import _DefaultRecordBatchPy as SlowBatch
from aiokafka.record.memory_records import MemoryRecords

_LENGTH: Final = struct.Struct(">8xi")
"""Behind its first offset each batch says how long it is from there on."""
WHY: Final = "unreadable-batch"
"""The only header of a record that stands for a whole batch: what kind of error its reading met."""

log = logging.getLogger(__name__)


def read_odd_records() -> None:
    """Have every consumer of this process read them; whoever reads facts calls it, as often as he likes: aiokafka has
    no other place for it.
    """
    fetcher.MemoryRecords = LegibleRecords


class LegibleRecords:
    """What was fetched of a partition, as `MemoryRecords` gives it to a consumer."""

    def __init__(self, fetched: bytes) -> None:
        """The broker's answer."""
        self._fetched = memoryview(fetched)
        self._place = 0
        self._records = MemoryRecords(fetched)

    def size_in_bytes(self) -> int:
        """How much was fetched."""
        return int(self._records.size_in_bytes())

    def has_next(self) -> bool:
        """Whether another whole batch is there."""
        return bool(self._records.has_next())

    def next_batch(self) -> "LegibleBatch | None":
        """It; None: there is none."""
        batch = self._records.next_batch()
        if batch is None:
            return None
        begin = self._place
        self._place += _LENGTH.size + _LENGTH.unpack_from(self._fetched, begin)[0]
        return LegibleBatch(batch, self._fetched[begin : self._place])


class _Batch(NamedTuple):
    """A batch that cannot be unpacked, as a record of which only the bytes are known."""

    offset: int
    timestamp: int
    timestamp_type: int
    value: bytes
    headers: list[tuple[str, bytes]]
    key: None = None
    checksum: None = None


class LegibleBatch:
    """A batch that can be gone through whatever its headers are called, and however it is packed."""

    def __init__(self, batch: Any, content: memoryview) -> None:  # noqa: ANN401 - one of two classes that share no base
        """The fast parser's, and its bytes."""
        self._batch = batch
        self._content = content

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever a batch has
        """What it says of itself, and whether it is whole."""
        return getattr(self._batch, name)

    def __next__(self) -> Any:  # noqa: ANN401 - a record of either parser
        """The first record: of a control batch, it says which."""
        return next(self._batch)

    def __iter__(self) -> Iterator[Any]:
        """Its records; one that is the rest of them, where they cannot be unpacked."""
        try:
            yield from self._records()
        except MemoryError:
            raise  # there may be more of it at the next look
        except Exception as error:  # noqa: BLE001 - whatever a codec or a parser raises, it would raise for ever
            why, batch = type(error).__name__, self._batch
            log.error("a batch of records cannot be unpacked: %s", why)  # noqa: TRY400 - its text may quote the content
            yield _Batch(
                batch.next_offset - 1, batch.max_timestamp, batch.timestamp_type, bytes(self._content),
                [(WHY, why.encode())],
            )  # fmt: skip

    def _records(self) -> Iterator[Any]:
        read = 0
        try:
            for record in self._batch:
                yield record
                read += 1
        except UnicodeDecodeError:
            slow = iter(SlowBatch(self._content))
            slow._buffer = _Escaped(slow._buffer)  # noqa: SLF001 - it slices and decodes, no more
            yield from islice(slow, read, None)


class _Escaped(bytes):
    """Bytes whose parts become text without fail."""

    @overload  # type: ignore[override]  # a part is one of these, too
    def __getitem__(self, place: int) -> int: ...
    @overload
    def __getitem__(self, place: slice) -> "_Escaped": ...
    def __getitem__(self, place: int | slice) -> "int | _Escaped":
        part = super().__getitem__(place)
        return part if isinstance(part, int) else _Escaped(part)

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)
