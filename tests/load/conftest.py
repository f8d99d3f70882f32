"""A running stack for those who upload by the thousand."""

from tests.stack.conftest import fresh_rate  # noqa: F401
