"""The private PostgreSQL cluster of a home, or the server that WANGGE_DATABASE_URL names.

`with ready(settings) as database:` gives a migrated database and, at the end, stops a cluster that nobody else uses.
"""

from app.cluster.database import Database
from app.cluster.lifecycle import Cluster
from app.cluster.ready import opened, ready

__all__ = ["Cluster", "Database", "opened", "ready"]
