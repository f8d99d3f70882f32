"""Log lines and metrics cost more time than what they tell of: here nobody reads them."""

import io
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout

from shared.log import log
from tests.crash.simulation.violations import Violation


class _Nowhere(io.TextIOBase):
    def write(self, text: str) -> int:
        return len(text)


class _Mute:
    def error(self, event: str, extra: object) -> None:
        raise Violation("crash", f"{event}: {extra}")

    def __getattr__(self, name: str) -> object:
        return _nothing


def _nothing(*_: object, **__: object) -> None:
    return


@contextmanager
def silence() -> Iterator[None]:
    """While this lasts, nothing is logged or measured; but a bug that was survived is a broken promise."""
    before = log._logger
    log._logger = _Mute()
    try:
        with redirect_stdout(_Nowhere()):
            yield
    finally:
        log._logger = before
