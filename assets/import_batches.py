"""What was imported, from which file, with which outcome."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Integer, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from assets.base import Base, now


class ImportBatch(Base):
    """One file that was imported."""

    __tablename__ = "import_batch"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    what: Mapped[str] = mapped_column(Text)
    source: Mapped[str] = mapped_column(Text)
    file_name: Mapped[str] = mapped_column(Text)
    format: Mapped[str] = mapped_column(Text)
    crs: Mapped[str | None] = mapped_column(Text)
    attribution: Mapped[str | None] = mapped_column(Text)
    read: Mapped[int] = mapped_column(Integer, server_default="0")
    added: Mapped[int] = mapped_column(Integer, server_default="0")
    changed: Mapped[int] = mapped_column(Integer, server_default="0")
    unchanged: Mapped[int] = mapped_column(Integer, server_default="0")
    refused: Mapped[int] = mapped_column(Integer, server_default="0")
    notes: Mapped[Any] = mapped_column(JSONB, server_default="[]")
    by: Mapped[str] = mapped_column(Text)
    started_at: Mapped[datetime] = now()
    finished_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
