"""What people type, before it is kept."""

import re

#: Signs that turn the direction of all text behind them, unseen: a title with one can look like another title.
#: Marks that Arabic and Hebrew words need (U+200E, U+200F, U+061C, joiners) are no such signs.
TURNS = re.compile("[\u202a-\u202e\u2066-\u2069]")


def unturned(words: str) -> str:
    """The text without signs that turn its direction: what is left reads the same everywhere it stands."""
    return TURNS.sub("", words)
