"""Many photos at once against a running stack: `python -m tests.load.bulk --photos 2000 --megabytes 1`.

Scenarios: happy (a good line), interrupted (requests are cut off, answers are lost), limited (one URL at a time, so
that the rate limit is met), users (each client is another user). It prints what it measured, writes a JSON report,
and ends with 1 unless every photo is stored in the end and nothing is left over.
"""

import argparse
import json
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

from local.home import DEFAULT_HOME
from tests.load.behind import Behind
from tests.load.clients import Uploader
from tests.load.measure import Measures
from tests.load.photos import Camera, Photo

SCENARIOS = ("happy", "interrupted", "limited", "users")
BREAKS = 0.1
BAR = 40
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Wanted:
    """What was asked for on the command line."""

    photos: int = 100
    size: int = MEGABYTE
    clients: int = 4
    scenario: str = "happy"
    patience: float = 1_800.0


def run(wanted: Wanted, behind: Behind, *, shows: bool = True) -> dict[str, object]:
    """Upload, wait for all stages, look behind."""
    measures = Measures()
    camera = Camera(wanted.size, str(behind.org))
    shares = _shares([camera.shoot() for _ in range(wanted.photos)], wanted.clients)
    uploaders = _uploaders(wanted, behind, measures)
    with _bar(measures, wanted.photos, shows=shows), ThreadPoolExecutor(wanted.clients) as pool:
        list(pool.map(lambda pair: pair[0].upload(pair[1]), zip(uploaders, shares, strict=True)))
    report = {"scenario": wanted.scenario, "clients": wanted.clients, **measures.report(wanted.photos, wanted.size)}
    # What could not be stored goes through no stage.
    report["stages_seconds"] = round(behind.wait_until_ready(measures.stored, wanted.patience, _teller(shows)), 1)
    return report | {"audit": behind.audit()}


def is_good(report: dict[str, object], wanted: Wanted) -> bool:
    """Everything is stored and went through all stages, and nothing is left over."""
    clean = {"photos": wanted.photos, "not_ready": 0, "failed": 0, "uncommitted": 0, "orphans": 0, "missing": 0}
    return report["stored"] == wanted.photos and report["audit"] == clean


def _shares(photos: list[Photo], clients: int) -> list[list[Photo]]:
    return [photos[n::clients] for n in range(clients)]


def _uploaders(wanted: Wanted, behind: Behind, measures: Measures) -> list[Uploader]:
    api, project = behind.facts["api"], str(behind.project)
    shared = behind.user()
    return [
        Uploader(
            api,
            behind.user() if wanted.scenario == "users" else shared,
            project,
            measures,
            breaks=BREAKS if wanted.scenario == "interrupted" else 0.0,
            page=1 if wanted.scenario == "limited" else 100,
        )
        for _ in range(wanted.clients)
    ]


class _bar:  # noqa: N801 - reads like the context it is
    """How far it is, on one line that is written over and over."""

    def __init__(self, measures: Measures, wanted: int, *, shows: bool) -> None:
        self._measures, self._wanted, self._shows = measures, wanted, shows
        self._over = Event()
        self._drawn = ""
        self._thread = Thread(target=self._tell, daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()
        if self._shows:
            sys.stderr.write("\n")

    def _tell(self) -> None:
        while not self._over.wait(0.2):
            self._draw()
        self._draw()

    def _draw(self) -> None:
        done = self._measures.stored
        filled = BAR * done // self._wanted
        failed = sum(self._measures.failures.values())
        line = f"\r[{'#' * filled:{BAR}}] {done}/{self._wanted} stored, {failed} failures"
        if self._shows and line != self._drawn:
            sys.stderr.write(line)
            self._drawn = line


def _teller(shows: bool):  # noqa: FBT001 - a function that writes, or one that does not
    def tell(text: str) -> None:
        if shows:
            sys.stderr.write(f"\r{text:70}")

    return tell


def main(arguments: list[str]) -> int:
    """Ask, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m tests.load.bulk", description=__doc__)
    parser.add_argument("--photos", type=int, default=100)
    parser.add_argument("--megabytes", type=float, default=1)
    parser.add_argument("--clients", type=int, default=4)
    parser.add_argument("--scenario", choices=SCENARIOS, default="happy")
    parser.add_argument("--patience", type=float, default=1_800, help="seconds to wait for all stages")
    parser.add_argument("--home", type=Path, default=DEFAULT_HOME, help="the folder of the running stack")
    parser.add_argument("--report", type=Path, default=Path("bulk-report.json"))
    given = parser.parse_args(arguments)
    wanted = Wanted(given.photos, int(given.megabytes * MEGABYTE), given.clients, given.scenario, given.patience)
    if not (given.home / "stack.json").exists():
        parser.error(f"no stack is running in {given.home}: start one with `make run`, or name its folder by --home")
    report = run(wanted, Behind.of(given.home))
    report["at"] = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    given.report.write_text(json.dumps(report, indent=2) + "\n")
    sys.stdout.write(f"\n{json.dumps(report, indent=2)}\nwritten to {given.report}\n")
    return 0 if is_good(report, wanted) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
