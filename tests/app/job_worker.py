"""A worker of the tests, `python -m tests.app.job_worker HANDS KINDS`, in a hurry to begin and to miss another.

KINDS is `few`, for hands that know the kinds of the tests and are ready soon, or `all`, for hands with the whole
application. The database is in WANGGE_DATABASE_URL, as for `wangge worker`.
"""

import sys

from app.settings import Settings


def few(settings, url):
    """What does a job of the tests, in an application without routes."""
    from apiflask import APIFlask

    import app.areas.models  # noqa: F401 (a user stands in an area)
    import tests.app.job_kinds  # noqa: F401 (defines the kinds)
    from app import i18n
    from app.db import Session, connect
    from app.jobs.doing import perform

    small = APIFlask("app")
    i18n.install(small)
    connect(url, pool_size=2)

    def do(job):
        with small.app_context():
            perform(Session, job)

    return do


def every(settings, url):
    """What does any job, as in a hand of `wangge worker`."""
    import tests.app.job_kinds  # noqa: F401 (defines the kinds)
    from app.commands.worker import ready

    return ready(settings, url)


def main():
    what, kinds = sys.argv[1:]
    settings = Settings.from_environment()
    if what == "hand":
        from app.jobs.hands import lend

        lend(lambda url: (every if kinds == "all" else few)(settings, url))
        return
    from app.cluster.database import Database, libpq, text_of
    from app.jobs.worker import Pace, work

    database = Database.external(settings.database_url)
    hand = [sys.executable, "-m", "tests.app.job_worker", "hand", kinds]
    quick = Pace(sign_of_life=0.5, lost=3.0, between_rescues=0.5)
    work(libpq(database.app), int(what), hand, text_of(database.app), quick)


if __name__ == "__main__":
    main()
