"""Set queries as reviewed source: one headed file per statement.

A line `-- include: other` stands for the text of another file. Lines after `-- when x:` and before `-- end` count only
when the switch x is on, so that a plan never carries filters that were not asked for, and no text of a request ever
becomes SQL.
"""

import re
from functools import cache
from importlib.resources import files

from sqlalchemy import TextClause, text

INCLUDE = re.compile(r"^\s*-- include: (\w+)$", re.MULTILINE)


@cache
def source(name: str) -> str:
    """The text of `<name>.sql`, with each line `-- include: other` replaced by the text of `other.sql`."""
    body = files(__package__).joinpath(f"{name}.sql").read_text(encoding="utf-8")
    return INCLUDE.sub(lambda found: source(found.group(1)), body)


@cache
def statement(name: str) -> TextClause:
    """The statement in `<name>.sql`, ready for `session.execute` with the binds its header lists."""
    return text(source(name))


def switched(body: str, on: frozenset[str]) -> str:
    """The statement with only the lines that are always there or whose switch is on."""
    kept: list[str] = []
    counts = True
    for line in body.splitlines():
        if line.startswith("-- when "):
            counts = line.removeprefix("-- when ").strip().rstrip(":") in on
        elif line.startswith("-- end"):
            counts = True
        elif counts and not line.startswith("--"):
            kept.append(line)
    return "\n".join(kept)


@cache
def chosen(name: str, on: frozenset[str]) -> TextClause:
    """The statement in `<name>.sql` with only the lines whose switch is on, ready to execute."""
    return text(switched(source(name), on))
