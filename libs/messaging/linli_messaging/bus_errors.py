"""Which errors of the bus pass by themselves: those are waited out, all others end the process."""

from typing import Final

from aiokafka.errors import InvalidProducerEpoch, OutOfOrderSequenceNumber, ProducerFenced, UnknownProducerId

_NEVER_PASS: Final = (OutOfOrderSequenceNumber, UnknownProducerId, InvalidProducerEpoch, ProducerFenced)
"""The broker knows another's records under our producer's id, or none of ours: a bus made anew gives those ids out once
more. aiokafka asks for no other id as long as it lives; a process that starts anew gets another.
"""


def is_passing(error: Exception) -> bool:
    """True for what the broker or the way to it caused, and what ends by itself."""
    return type(error).__module__.startswith("aiokafka") and not isinstance(error, _NEVER_PASS)
