"""Tables of the tunnel; the core's migrations create them."""

from sqlalchemy import Boolean, Column, Integer, MetaData, Table, Text

metadata = MetaData()

public_address = Table(
    "public_address",
    metadata,
    Column("address", Text, primary_key=True),
    Column("reserved", Boolean, nullable=False),
    Column("opened_at", Text, nullable=False),
    Column("lost_at", Text),
)

tunnel_month = Table(
    "tunnel_month",
    metadata,
    Column("month", Text, primary_key=True),
    Column("requests", Integer, nullable=False),
)
