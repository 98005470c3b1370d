"""How a number of people is told, wherever people are counted: in fives, with each edge one higher than its name.

"5 or more" is told from six on, "10 or more" from eleven, and so on; five are told like four or none. So where one
withdraws and the answer changes, a multiple of five is left, never one to four, and so it is of every other figure that
changes with it (docs/decisions/0045-the-edge-of-fives.md). `sql/people_told.sql` says the same to the database.
"""

from assets.vocabulary import FEWEST_PEOPLE

#: What is said where no number is told, on a terminal; pages say it in their own language.
FEWER = f"fewer than {FEWEST_PEOPLE}"


def in_fives(people: int) -> int | None:
    """The name of the band that a number of people lies in: 5, 10, …; None, "fewer than 5", for nobody up to five."""
    return at_least(people) or None


def at_least(people: int) -> int:
    """The same for adding to a number of things: nothing where `in_fives` tells nothing."""
    return max(people - 1, 0) // FEWEST_PEOPLE * FEWEST_PEOPLE
