"""What every test may ask for; see the modules of tests/fixtures."""

pytest_plugins = ["tests.fixtures.database", "tests.fixtures.web", "tests.fixtures.browsing"]
