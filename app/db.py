"""The database: one declarative base, one session factory, and the engine they are bound to."""

from sqlalchemy import Engine, MetaData, create_engine
from sqlalchemy.orm import DeclarativeBase, sessionmaker

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


Session = sessionmaker(expire_on_commit=False)
"""`with Session.begin() as session:` is one transaction; `connect` binds it."""


def connect(url: str, *, pool_size: int = 16) -> Engine:
    """The engine of `url` with `Session` bound to it. Waits up to 10 s for a free connection, then raises."""
    engine = create_engine(
        url,
        pool_size=pool_size,
        max_overflow=pool_size,
        pool_timeout=10,
        pool_pre_ping=True,
        hide_parameters=True,  # they hold names, and errors are written to the log
    )
    Session.configure(bind=engine)
    return engine
