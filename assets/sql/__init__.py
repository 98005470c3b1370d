"""Set queries as reviewed source: one headed file per statement."""

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
