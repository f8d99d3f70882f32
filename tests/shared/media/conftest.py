"""The embedded AWS of the neighbouring folder, for the store that lives in it."""

from tests.shared.aws.conftest import assume, aws, http

__all__ = ["assume", "aws", "http"]
