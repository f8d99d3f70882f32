"""A running stack for those who try to get at what is not theirs."""

from tests.stack.conftest import fresh_rate  # noqa: F401
