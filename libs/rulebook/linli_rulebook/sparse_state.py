"""A state of many facts of which most say nothing for most of its life: stored, and remembered, without those.

A process remembers thousands (``linli_messaging.batch.remembering``), and a state of a hundred fields takes three
kilobytes for their names and places alone, and as long to copy at every step.
"""

from collections.abc import Mapping
from typing import Any, get_origin

from pydantic.fields import FieldInfo

from linli_rulebook.decision import State


class SparseState(State):
    """A state that holds what it was given. What a field says by default stands at its class, for all of them."""

    @classmethod
    def __pydantic_init_subclass__(cls, **options: Any) -> None:  # noqa: ANN401 - as pydantic hands them on
        """A field that an instance does not hold is found where Python looks next.

        Raises ``TypeError`` for a default that could be changed: all states of the kind would say the other thing.
        """
        super().__pydantic_init_subclass__(**options)
        for name, field in cls.model_fields.items():
            if not field.is_required():
                setattr(cls, name, _for_all(f"{cls.__name__}.{name}", field))

    def model_post_init(self, context: object) -> None:
        """Let go of what pydantic has filled in."""
        given = self.model_fields_set
        held = {name: value for name, value in self.__dict__.items() if name in given}
        object.__setattr__(self, "__dict__", held)
        super().model_post_init(context)

    def stored(self) -> str:
        """Without what it says by default, also where a rule said so."""
        return self.model_dump_json(exclude_defaults=True)

    def __eq__(self, other: object) -> bool:
        """Whether both say the same, by default or not."""
        if type(other) is not type(self):
            return NotImplemented
        fields = type(self).model_fields
        return all(getattr(self, name) == getattr(other, name) for name in fields)

    __hash__ = None  # type: ignore[assignment]  # a state is known by its id


def _for_all(name: str, field: FieldInfo) -> object:
    """The default that all states of a kind share; a mapping is one that the type checker lets nobody write into."""
    default = field.get_default(call_default_factory=True)
    if isinstance(default, dict | list | set | bytearray) and get_origin(field.annotation) is not Mapping:
        message = f"the default of {name} could be changed, and is shared"
        raise TypeError(message)
    return default
