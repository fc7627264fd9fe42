"""The database: one declarative base, one session factory, and the engine they are bound to."""

import time

from sqlalchemy import Engine, MetaData, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.orm import DeclarativeBase, sessionmaker
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """What every model derives from; constraints are named so that migrations can address them."""

    metadata = MetaData(naming_convention=NAMES)


RESTED = 1.0  # seconds

Session = sessionmaker(expire_on_commit=False)
"""`with Session.begin() as session:` is one transaction; `connect` binds it."""


def connect(url: str, *, pool_size: int = 16) -> Engine:
    """The engine of `url` with `Session` bound to it. Waits up to 10 s for a free connection, then raises.

    It has up to twice `pool_size` connections.
    """
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        hide_parameters=True,  # they hold names, and errors are written to the log
    )
    _ping_idle(engine)
    Session.configure(bind=engine)
    return engine


def _ping_idle(engine: Engine) -> None:
    """Ask a connection whether it is alive before it is used again, where it has rested for longer than RESTED.

    SQLAlchemy's own `pool_pre_ping` asks each time, which is a fourth of all that busy requests say to the database.
    """

    @event.listens_for(engine, "checkin")
    def rest(_: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info["since"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def ping(connection: DBAPIConnection, entry: ConnectionPoolEntry, _: PoolProxiedConnection) -> None:
        since = entry.info.get("since")
        if since is None or time.monotonic() - since < RESTED:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise DisconnectionError from error
        if not alive:
            raise DisconnectionError
