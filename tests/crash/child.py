"""Which process is killed: one of many forked from a parent that has imported the real handlers."""

import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from typing import Any

from pydantic import BaseModel

from shared import faults
from shared.log import log

FUNCTIONS = (
    *("upload", "upload_url", "upload_complete", "recover", "retry_failed"),
    *("process_images", "embed_photos"),
)
LATE_IMPORTS = (
    "aws_lambda_powertools.utilities.circuit_breaker",
    "cloudinary.uploader",
    "shared.aws.messages",
    "shared.aws.sqs",
    "shared.db.breakers",
    "shared.db.outbox",
    "shared.db.parking",
    "shared.db.photos",
    "shared.db.recovery",
    "shared.db.stages",
    "shared.imaging.check",
    "shared.imaging.child",
    "shared.imaging.derive",
    "shared.imaging.pixels",
    "shared.imaging.probe",
    "shared.media.cloudinary",
    "shared.media.cloudinary_sdk",
    "shared.media.guarded",
    "shared.media.originals",
    "shared.media.s3",
    "shared.media.s3_facts",
    "shared.media.s3_parts",
    "shared.media.s3_post",
    "shared.media.s3_versions",
    "shared.search.local_model",
    "xml.etree.ElementTree",
)


@dataclass(frozen=True, slots=True)
class Context:
    """Lambda's context: the milliseconds that are left at each look; the last ones for ever."""

    remaining: list[int]
    aws_request_id: str = "crash"

    def get_remaining_time_in_millis(self) -> int:
        return self.remaining.pop(0) if len(self.remaining) > 1 else self.remaining[0]


class Stop:
    """Tells of every point, and ends this process at one of them, or waits there for a word."""

    def __init__(self, line: Connection, at: int | None, *, waits: bool) -> None:
        self._line = line
        self._at = at
        self._waits = waits
        self._passed = 0

    def __call__(self, point: faults.Point) -> None:
        self._line.send(("point", str(point)))
        if self._passed == self._at:
            self._stop()
        self._passed += 1

    def _stop(self) -> None:
        if not self._waits:
            os.kill(os.getpid(), signal.SIGKILL)
        self._line.send(("waiting", None))
        self._line.recv()


def main() -> None:
    """Fork one more for every line that is read; each calls the door that `argv` names, and serves whoever opens."""
    handlers = {name: import_module(f"functions.{name}.handler").lambda_handler for name in FUNCTIONS}
    _warm_up()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for _ in sys.stdin:
        if os.fork() == 0:
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _live(handlers, sys.argv[1])
            os._exit(0)


def _warm_up() -> None:
    """Do beforehand what the handlers do when they are first called: each process would do it again."""
    for module in LATE_IMPORTS:
        import_module(module)
    log.clear()
    models = BaseModel.__subclasses__()
    while models:
        model = models.pop()
        models += model.__subclasses__()
        model.model_rebuild()


def _live(handlers: dict[str, Callable[..., object]], door: str) -> None:
    called = socket.socket(socket.AF_UNIX)
    called.connect(door)
    with Connection(called.detach()) as line:
        os.environ.clear()
        os.environ.update(line.recv())
        while True:
            try:
                call = line.recv()
            except EOFError:
                return
            line.send(_answer(handlers[call["function"]], call, line))


def _answer(handler: Callable[..., object], call: dict[str, Any], line: Connection) -> tuple[str, object]:
    faults.set_hook(Stop(line, call["stop_at"], waits=call["waits"]))
    try:
        return "answer", handler(call["event"], Context(list(call["remaining"])))
    except Exception as error:  # noqa: BLE001 - a job tells its trouble to whoever started it
        return "raised", repr(error)


if __name__ == "__main__":
    main()
