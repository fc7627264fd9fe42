"""The web server: gunicorn in this process, a worker for each of a few cores, in each a thread for every open stream.

Python runs one thread of a worker at a time, so that one worker answers no faster on more cores; the threads wait, on
PostGIS or for news. The code is loaded before the workers are forked, and the road networks are mapped files, so that
the workers share both. What must hold over all of them (paces, failed log-ins, rotations) is kept in the database.
"""

import gc
import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from importlib import import_module
from typing import Any

from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter

from app.cluster import Database
from app.cluster.database import text_of
from app.errors import Unavailable
from app.outgoing import Outgoing
from app.processes import again_and_again, beside, die_with_parent
from app.settings import Settings

THREADS = 520  # of a worker
MOST_PROCESSES = 4  # beyond that PostGIS is what requests wait for
GARBAGE = (20_000, 20, 50)  # objects and rounds until Python looks for circles among them: an answer holds thousands
CONNECTIONS = 64  # to the database, of all workers together: the private cluster allows 100
GRACE = 2  # seconds that open streams may hold a stop back


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our application, configured without a file and without writing to the user's home folder."""

    def __init__(self, settings: Settings, database: Database, when_ready: Callable[[], None]) -> None:
        """Keep what the worker will need."""
        self.settings = settings
        self.database_url = text_of(database.app)
        self.when_ready = when_ready
        super().__init__()

    def load_config(self) -> None:
        """Set gunicorn's options."""
        for name, value in {
            "bind": self.settings.address,
            "worker_class": "gthread",
            "workers": processes(),
            "threads": THREADS,
            "timeout": 60,
            "graceful_timeout": GRACE,
            "keepalive": 5,
            "loglevel": "warning",
            "control_socket_disable": True,
            # gunicorn would believe X-Forwarded-Proto of whoever is on this machine; `app.hosts` alone decides.
            "secure_scheme_headers": {},
            "forwarder_headers": "",
            "post_fork": lambda _, __: die_with_parent(),
            "when_ready": lambda _: self.when_ready(),
        }.items():
            self.cfg.set(name, value)

    def load(self) -> Any:
        """The application, made in the worker."""
        from app import create_app  # noqa: PLC0415 (only the worker needs it)
        from app.response.warm import warm  # noqa: PLC0415
        from app.roads.networks import swap_in_background  # noqa: PLC0415

        app = create_app(self.settings, database_url=self.database_url, connections=CONNECTIONS // processes())
        leave_code_alone()
        swap_in_background()
        threading.Thread(target=warm, name="warm", daemon=True).start()
        return app

    def run(self) -> None:
        """Serve until a signal; a worker that ends here leaves no trace of the master's open files and locks."""
        master = os.getpid()
        try:
            Master(self).run()
        except SystemExit as end:
            if os.getpid() != master:
                sys.stdout.flush()
                sys.stderr.flush()
                os._exit(end.code if isinstance(end.code, int) else 1)
            raise


def processes() -> int:
    """How many workers this machine gets."""
    return min(max(len(os.sched_getaffinity(0)), 1), MOST_PROCESSES)


def leave_code_alone() -> None:
    """Spare the garbage collector all that is loaded: looking through it took a fifth of every zone's time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE)


class Master(Arbiter):  # type: ignore[misc]
    """gunicorn's master, which stops when its terminal is closed rather than reading its configuration again."""

    def handle_hup(self) -> None:
        """Stop."""
        self.handle_term()


def serve(settings: Settings, database: Database, *, when_ready: Callable[[], None]) -> None:
    """Serve until a signal; SystemExit at the end, its code 0 where all went well."""
    from app.jobs.worker import work_for  # noqa: PLC0415 (only a server needs it)

    check_port(settings)
    import_module("app.factory")  # once, for all that are forked from here on
    leave_code_alone()
    with ExitStack() as stack:
        stack.enter_context(beside(lambda: keep_time(text_of(database.owner), settings)))
        if settings.workers:
            stack.enter_context(beside(lambda: again_and_again(lambda: work_for(database, settings.workers))))
        Server(settings, database, when_ready).run()


def keep_time(url: str, settings: Settings) -> None:
    """Never return: plans come into force on their day, and what is kept no longer goes."""
    from app.privacy.retention import keep_retaining  # noqa: PLC0415 (only a server needs them)
    from app.publication.clock import keep_enacting  # noqa: PLC0415
    from app.search import found_anew  # noqa: PLC0415

    found_anew.install()
    threading.Thread(target=keep_enacting, args=(url, settings), name="plans", daemon=True).start()
    keep_retaining(url, settings)


def check_port(settings: Settings) -> None:
    """Do nothing where our port is free; Unavailable where somebody listens on it."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise Unavailable(
                f"{settings.address} cannot be used ({error.strerror}): stop what listens there, "
                "or choose another port in WANGGE_PORT."
            ) from error


def warnings(settings: Settings) -> list[str]:
    """Sentences about settings that leave the server open or out of reach; none where it serves this machine only."""
    found = []
    if not settings.is_local and not settings.https:
        found.append(
            f"{settings.address} can be reached from other machines, and without TLS everybody on the way reads "
            "passwords and households. Put a proxy with TLS before it, and set WANGGE_HTTPS=1 and WANGGE_PROXIES=1."
        )
    if not settings.is_local and not settings.hosts:
        found.append("Other machines are refused until WANGGE_HOSTS lists the names by which they call this server.")
    if settings.https and not settings.proxies:
        found.append("WANGGE_HTTPS=1 without WANGGE_PROXIES: every log-in seems to come from the proxy's address.")
    if settings.oidc and not Outgoing(settings.outgoing).allows(settings.oidc.issuer):
        found.append(f"Nobody can log in by {settings.oidc.issuer} until WANGGE_OUTGOING lists it.")
    if settings.oidc and not os.access(settings.oidc.secret_file, os.R_OK):
        found.append(f"{settings.oidc.secret_file} of WANGGE_OIDC_CLIENT_SECRET_FILE cannot be read.")
    return found
