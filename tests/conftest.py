"""What every test may ask for; see the modules of tests/fixtures."""

from argon2 import PasswordHasher

from app.accounts import passwords

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.web", "tests.fixtures.browsing", "tests.fixtures.oidc"]

# The same algorithm at its lowest price: the suite logs in some thousand times.
# `test_a_hash_has_its_full_price_where_people_log_in` looks at what people get.
passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
