"""`wangge worker`."""

from collections.abc import Callable

import click

from app.settings import Settings


@click.command()
@click.option("--count", type=click.IntRange(1, 256), help="Jobs at once; WANGGE_WORKERS, or 1, where left out.")
@click.option("--hand", is_flag=True, hidden=True, help="Be one of the processes of a worker.")
@click.pass_obj
def worker(settings: Settings, *, count: int | None, hand: bool) -> None:
    """Do jobs from the queue until Ctrl-C: on this host or any other with the same database and keys.

    'wangge up' and 'wangge serve' run WANGGE_WORKERS beside the server already.
    """
    if hand:
        from app.jobs.hands import lend  # noqa: PLC0415

        lend(lambda url: ready(settings, url))
        return
    from app.cluster import opened  # noqa: PLC0415
    from app.jobs.worker import work_for  # noqa: PLC0415
    from app.migrate import is_current  # noqa: PLC0415

    with opened(settings) as database:
        if not is_current(database.app):
            raise click.ClickException("The database has another schema than this Wangge: run 'wangge up' once.")
        hands = count or max(settings.workers, 1)
        click.echo(f"{hands} {'job' if hands == 1 else 'jobs'} at once. Ctrl-C stops.")
        work_for(database, hands)


def ready(settings: Settings, url: str) -> Callable[[int], None]:
    """What does a job: the application, which nobody asks over the network."""
    from app.db import Session  # noqa: PLC0415
    from app.factory import make_app  # noqa: PLC0415
    from app.jobs.doing import perform  # noqa: PLC0415

    app = make_app(settings, database_url=url)

    def do(job: int) -> None:
        with app.app_context():
            perform(Session, job)

    return do
