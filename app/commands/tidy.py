"""`vuurtoren tidy`: throw away what was kept long enough."""

from typing import Annotated

import typer

from app.commands.options import print_table
from app.commands.session import open_engine, plain_errors


def tidy(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
) -> None:
    """Throw away what was kept long enough; the service does this every night by itself.

    Example: vuurtoren tidy --dry-run
    """
    with open_engine() as (engine, settings), plain_errors():
        from datetime import UTC, datetime

        from sqlalchemy.orm import sessionmaker

        from app import tidying
        from assets import retention

        counts = tidying.tidy(sessionmaker(engine), settings.data_dir, now=datetime.now(UTC), dry_run=dry_run)
        lines = [(term.key, str(term), counts[term.key]) for term in retention.TERMS]
    print_table(("what", "kept", "would go" if dry_run else "gone"), lines)
