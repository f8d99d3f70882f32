"""How each embedded part is started: Postgres at once, the others while we go on."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from local import aws, logins, postgres, seed
from local.home import ROOT, Secrets
from local.processes import LOOPBACK, Processes
from local.ready import wait_until_ready
from sql.migrate import migrate

CLOUD = "demo"
STAND_IN_READY = "/_stand-in/health"


@dataclass(frozen=True, slots=True)
class Ports:
    """Three neighbours."""

    first: int

    @property
    def front(self) -> int:
        return self.first

    @property
    def aws(self) -> int:
        return self.first + 1

    @property
    def stand_in(self) -> int:
        return self.first + 2

    def all(self) -> tuple[int, int, int]:
        return self.front, self.aws, self.stand_in


@dataclass(frozen=True, slots=True)
class Parts:
    """Where the parts of one stack keep their data, listen, and are remembered."""

    home: Path
    ports: Ports
    processes: Processes
    say: Callable[[str], object]

    def spawn_aws(self) -> Callable[[], None]:
        """Start the embedded AWS; call the result to wait for it."""
        environment = aws.environment(self.home, self.ports.aws)
        return self._spawn("Embedded AWS", aws.command(), environment, self.ports.aws, aws.READY_PATH)

    def spawn_stand_in(self, secrets: Secrets) -> Callable[[], None]:
        """Start the Cloudinary stand-in; call the result to wait for it."""
        command = [sys.executable, "-m", "local.stand_in", "--port", str(self.ports.stand_in)]
        command += ["--home", str(self.home / "stand-in"), "--cloud", CLOUD]
        # One word each: a secret may begin with a dash.
        command += [f"--key={secrets.cloudinary_key}", f"--secret={secrets.cloudinary_secret}"]
        environment = {"PYTHONPATH": str(ROOT), "LANG": "C.UTF-8", "TMPDIR": str(self.home / "tmp")}
        return self._spawn("Cloudinary stand-in", command, environment, self.ports.stand_in, STAND_IN_READY)

    def start_database(self) -> str:
        """Start Postgres, bring it to this version, and put the demo organisation there."""
        database_url = postgres.start(self.home / "postgres")
        applied = migrate(database_url)
        logins.create(database_url)
        seed.seed(database_url)
        self.say(f"Embedded Postgres is up; {len(applied)} migrations applied, demo organisation seeded")
        return database_url

    def _spawn(
        self, name: str, command: list[str], environment: Mapping[str, str], port: int, ready_path: str
    ) -> Callable[[], None]:
        log = self.home / "logs" / f"{name.lower().replace(' ', '-')}.log"
        process = self.processes.spawn(name, command, env=environment, cwd=self.home / "tmp", log=log)

        def wait() -> None:
            wait_until_ready(name, process, port, ready_path, log)
            self.say(f"{name} answers on port {port}")

        return wait


def cloudinary_url(secrets: Secrets, port: int) -> str:
    """What sends the official SDK to the stand-in."""
    account = f"{secrets.cloudinary_key}:{secrets.cloudinary_secret}@{CLOUD}"
    return f"cloudinary://{account}?upload_prefix=http://{LOOPBACK}:{port}"
