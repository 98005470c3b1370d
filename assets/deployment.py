"""What holds for the whole database: its storage CRS, and the version of its data."""

from datetime import datetime

from sqlalchemy import BigInteger, CheckConstraint, Identity, Integer, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from assets.base import Base, now


class Deployment(Base):
    """The one row that says in which CRS this database keeps its geometry."""

    __tablename__ = "deployment"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    storage_srid: Mapped[int] = mapped_column(Integer)
    created_at: Mapped[datetime] = now()


class DataVersion(Base):
    """Counters that triggers raise in every writing transaction; their sum is the version of the data.

    Several rows, so that writers do not wait for each other: each takes a row that nobody holds.
    """

    __tablename__ = "data_version"

    shard: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    version: Mapped[int] = mapped_column(BigInteger, server_default="0")
