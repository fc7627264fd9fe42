"""What every test may ask for; see the modules of tests/fixtures."""

import signal

from argon2 import PasswordHasher

from app.accounts import passwords

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.web", "tests.fixtures.browsing", "tests.fixtures.oidc"]

# A shell that starts the suite in the background lets it ignore Ctrl-C, and all that it starts would do so too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# The same algorithm at its lowest price: the suite logs in some thousand times.
# `test_a_hash_has_its_full_price_where_people_log_in` looks at what people get.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


def pytest_collection_modifyitems(items):
    """The browser's tests first: they are the longest, and what the workers share out at the end is to be short."""
    items.sort(key=lambda item: item.get_closest_marker("browser") is None)
