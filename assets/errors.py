"""What can be wrong, in sentences that a neighbour understands.

    DomainError
    ├── NotFound         there is no such thing (or it is not public)
    ├── Invalid          the input cannot be used; carries every fault that was found, each with its place
    ├── Conflict         it collides with something that is there
    ├── Stale            someone else changed it in the meantime
    ├── NotAllowed       this role may not do this
    ├── ConsentMissing   a person cannot be public without a recorded consent
    ├── TooLarge         more than this service accepts
    ├── TooMany          more of it in an hour than one visitor may send
    └── NotReady         the database cannot answer at this moment; try again

`assets` knows no HTTP: app/problems.py holds the one table of statuses.
A message is an English template with named values, so that a page can translate it: `str(error)` fills it in.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field


def filled(message: str, values: Mapping[str, object]) -> str:
    """A message with its values in it; one without values is taken as it is."""
    return message.format(**values) if values else message


def message(text: str) -> str:
    """Mark a message that is raised elsewhere, so that it is found for translation (tests/pages/test_words.py)."""
    return text


@dataclass(frozen=True)
class Fault:
    """One thing that is wrong: where (JSON pointer, column or parameter name) and what.

    What is an English template with named values, so that a page can translate it; `detail` is it, filled in.
    """

    pointer: str
    message: str
    values: Mapping[str, object] = field(default_factory=dict)

    @property
    def detail(self) -> str:
        """What is wrong, in English."""
        return filled(self.message, self.values)


class DomainError(Exception):
    """A refusal with a message template and the values that belong in it."""

    def __init__(self, message: str, **values: object) -> None:
        super().__init__(message)
        self.message = message
        self.values = values

    def __str__(self) -> str:
        return filled(self.message, self.values)


class NotFound(DomainError):
    """There is no such thing, or it is not public."""


class Conflict(DomainError):
    """It collides with something that is there already."""


class Stale(DomainError):
    """Someone else changed it in the meantime."""


class NotAllowed(DomainError):
    """This role may not do this."""


class ConsentMissing(DomainError):
    """A person cannot be public without a recorded consent."""


class TooLarge(DomainError):
    """More than this service accepts."""


class TooMany(DomainError):
    """More in an hour than one visitor may send; `seconds` until there is room again."""

    def __init__(self, message: str, *, seconds: int, **values: object) -> None:
        super().__init__(message, **values)
        self.seconds = seconds


class NotReady(DomainError):
    """The database cannot answer at this moment."""


class Invalid(DomainError):
    """Input that cannot be used; `faults` names every fault with its place."""

    def __init__(self, message: str, *, faults: Sequence[Fault] = (), **values: object) -> None:
        super().__init__(message, **values)
        self.faults = tuple(faults)

    @classmethod
    def at(cls, pointer: str, message: str, **values: object) -> "Invalid":
        """One fault at one place."""
        return cls(message, faults=[Fault(pointer, message, values)], **values)
