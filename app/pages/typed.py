"""What someone typed in a form: every value as text, ready to be shown again however odd it is."""

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from fastapi import Depends

from app.csrf import FormGuard

#: What no page may carry: signs that are no text, and halves of characters.
NO_TEXT = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


class Typed:
    """The values of a form by the names of its fields; a field may stand in it more than once."""

    def __init__(self, values: Mapping[str, Iterable[str]] = {}) -> None:
        self._values = {name: [str(one) for one in several] for name, several in values.items()}

    def one(self, name: str, otherwise: str = "") -> str:
        """The value of a field; `otherwise` when the form has no such field."""
        found = self._values.get(name)
        return found[0] if found else otherwise

    def many(self, name: str) -> list[str]:
        """Every value of a field, such as boxes that were ticked."""
        return list(self._values.get(name, ()))

    def shown(self, name: str) -> str:
        """The value as a page can show it: what is no text becomes a question mark in a diamond."""
        return NO_TEXT.sub("\N{REPLACEMENT CHARACTER}", self.one(name))

    def has(self, name: str) -> bool:
        """Whether something else than white space was typed there."""
        return any(value.strip() for value in self._values.get(name, ()))

    def given(self, name: str) -> bool:
        """Whether the form has this field at all."""
        return name in self._values

    def with_(self, **changes: str | Iterable[str]) -> "Typed":
        """The same form with some fields filled in otherwise."""
        return Typed(
            self._values | {name: [new] if isinstance(new, str) else list(new) for name, new in changes.items()}
        )

    def multi_items(self) -> Iterator[tuple[str, str]]:
        """Each field with each of its values, as forms of Starlette have them."""
        return ((name, value) for name, several in self._values.items() for value in several)

    def get(self, name: str, default: str = "") -> str:
        """The same as `one`, for readers of any form."""
        return self.one(name, default)

    def getlist(self, name: str) -> list[str]:
        """The same as `many`, for readers of any form."""
        return self.many(name)


async def typed_form(form: FormGuard) -> Typed:
    """What was typed in a form that one of our own pages sent; files are left to who reads them."""
    values: dict[str, list[str]] = {}
    for name, value in form.multi_items():
        if isinstance(value, str):
            values.setdefault(name, []).append(value)
    return Typed(values)


#: The form of a POST.
TypedForm = Annotated[Typed, Depends(typed_form)]
