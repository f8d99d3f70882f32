"""What happened, as events: one JSON line each, with the ids bound once."""

import logging
import sys
import traceback
from typing import Any, TextIO

# Values of these never reach a log line, whoever passes them.
SECRET = frozenset({"authorization", "token", "url", "upload_url", "headers", "exif", "body", "email", "cookie"})
# Python's own names on a log record; a fact that is called so gets a tail, because a log line must never raise.
RESERVED = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}
LONGEST = 2_000
DEEPEST = 12


class Log:
    """A Powertools logger, made at the first line: importing this module costs nothing."""

    def __init__(self, service: str = "keepsake") -> None:
        self._service = service
        self._logger: Any = None

    def bind(self, **ids: object) -> None:
        """Put these on every line from here on, until `clear`."""
        self._real().append_keys(**_clean(ids))

    def clear(self) -> None:
        self._real().clear_state()

    def info(self, event: str, **facts: object) -> None:
        self._real().info(event, extra=_clean(facts))

    def warning(self, event: str, **facts: object) -> None:
        self._real().warning(event, extra=_clean(facts))

    def bug(self, event: str, error: BaseException) -> None:
        """An error nobody expected: its kind and where it came from, but not its words: they may quote anything."""
        frames = traceback.extract_tb(error.__traceback__)[-DEEPEST:]
        stack = [f"{frame.filename}:{frame.lineno} {frame.name}: {frame.line}" for frame in frames]
        self._real().error(event, extra={"error": type(error).__name__, "stack": stack})

    def _real(self) -> Any:  # noqa: ANN401 - Powertools' own type costs its import
        if self._logger is None:
            from aws_lambda_powertools import Logger  # noqa: PLC0415

            self._logger = Logger(service=self._service, level="INFO", logger_handler=_ToStdout(), location=None)
        return self._logger


class _ToStdout(logging.StreamHandler[TextIO]):
    """Writes to what standard output is now, not to what it was when the first line was written."""

    @property
    def stream(self) -> TextIO:
        return sys.stdout

    @stream.setter
    def stream(self, _: TextIO) -> None:
        return


def _clean(facts: dict[str, object]) -> dict[str, object]:
    kept = {key: _short(value) for key, value in facts.items() if key.lower() not in SECRET}
    return {f"{key}_" if key in RESERVED else key: value for key, value in kept.items()}


def _short(value: object) -> object:
    if value is None or isinstance(value, bool | int | float):
        return value
    return str(value)[:LONGEST]


log = Log()
