"""How the whole stack starts, what it consists of, and how it ends."""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from local import logins, postgres, seed, tokens
from local.aws import Aws
from local.deploy import deploy
from local.front import Front, Upstream
from local.home import ROOT, Secrets, hold, prepare, secrets_of
from local.parts import Parts, Ports, cloudinary_url
from local.processes import LOOPBACK, Processes, require_free
from local.sample import ensure_sample


@dataclass(frozen=True)
class Stack:
    """A running stack: what a person or a test needs to use it."""

    home: Path
    api: str
    console: str | None
    token: str
    admin_token: str
    database_url: str
    s3_endpoint: str
    bucket: str
    cloudinary_url: str
    stand_in: str
    project_id: str
    team_id: str
    location_ids: tuple[str, ...]
    venue_id: str
    _processes: Processes = field(repr=False)
    _undo: ExitStack = field(repr=False)

    def stop(self) -> None:
        """End everything that was started. Calling it again does nothing."""
        self._undo.close()

    def fallen(self) -> str | None:
        """Name a part that ended by itself."""
        lost = None if postgres.is_running(self.home / "postgres") else "Embedded Postgres"
        return self._processes.fallen() or lost

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def start(
    home: Path,
    first_port: int,
    *,
    say: Callable[[str], object] = print,
    root: Path = ROOT,
    origins: Sequence[str] = (),
    fetch_allowed: Sequence[str] = (),
) -> Stack:
    """Start a stack on this folder and on three ports; whatever goes wrong, nothing stays behind.

    Web pages of these origins may use it, besides its own; and from these places ("host:port") it may fetch.
    """
    undo, ports = ExitStack(), Ports(first_port)
    wishes = {
        "AllowedOrigins": ",".join([_api(ports), *origins]),
        # What a person imports for a try may lie at the stand-in.
        "FetchAllowed": ",".join([f"{LOOPBACK}:{ports.stand_in}", *fetch_allowed]),
    }
    try:
        return _start(home.resolve(), ports, say=_timed(say), root=root, wishes=wishes, undo=undo)
    except BaseException:
        undo.close()
        raise


def _start(
    home: Path,
    ports: Ports,
    *,
    say: Callable[[str], object],
    root: Path,
    wishes: Mapping[str, str],
    undo: ExitStack,
) -> Stack:
    prepare(home)
    undo.callback(hold(home).close)
    processes = _clean_slate(home, ports, say)
    undo.callback(postgres.end, home / "postgres")
    undo.callback(processes.end)

    secrets = secrets_of(home)
    parts = Parts(home, ports, processes, say)
    # These two start while Postgres does.
    waits = [parts.spawn_aws(), parts.spawn_stand_in(secrets)]
    database_url = parts.start_database()
    ensure_sample(home)
    for wait in waits:
        wait()

    return _deployed(home, ports, database_url, secrets, processes, say=say, root=root, wishes=wishes, undo=undo)


def _deployed(
    home: Path,
    ports: Ports,
    database_url: str,
    secrets: Secrets,
    processes: Processes,
    *,
    say: Callable[[str], object],
    root: Path,
    wishes: Mapping[str, str],
    undo: ExitStack,
) -> Stack:
    """The template on the parts that are up, and one origin in front of it."""
    api, endpoint = _api(ports), f"http://{LOOPBACK}:{ports.aws}"
    given = {**_parameters(database_url, secrets, ports, api), **wishes}
    deployed = deploy(Aws(endpoint), root=root, home=home, given=given)
    say("template.yaml is deployed")
    undo.callback(Front(ports.front, Upstream(ports.aws, deployed.api_id)).close)
    return Stack(
        home=home,
        api=api,
        console=None,
        token=tokens.mint(secrets.token_secret, actor_id=seed.MEMBER, org_id=seed.ORG_ID),
        admin_token=tokens.mint(secrets.token_secret, actor_id=seed.ADMIN, org_id=seed.ORG_ID, scope="ops"),
        database_url=database_url,
        s3_endpoint=endpoint,
        bucket=deployed.bucket,
        cloudinary_url=given["CloudinaryUrl"],
        stand_in=f"http://{LOOPBACK}:{ports.stand_in}",
        project_id=str(seed.PROJECT_ID),
        team_id=str(seed.TEAM_ID),
        location_ids=tuple(str(location_id) for location_id in seed.LOCATION_IDS),
        venue_id=str(seed.VENUE_ID),
        _processes=processes,
        _undo=undo,
    )


def _api(ports: Ports) -> str:
    return f"http://localhost:{ports.front}"


def _parameters(database_url: str, secrets: Secrets, ports: Ports, api: str) -> dict[str, str]:
    """What an operator would be asked for by `sam deploy --guided`."""
    return {
        "DatabaseUrl": logins.url_of(database_url, logins.API),
        "WorkerDatabaseUrl": logins.url_of(database_url, logins.WORKER),
        "KeepPlans": "true",
        "TokenSecret": secrets.token_secret,
        "TokenIssuer": tokens.ISSUER,
        "TokenAudience": tokens.AUDIENCE,
        "CloudinaryUrl": cloudinary_url(secrets, ports.stand_in),
        "Embedder": "local",
        # No account has a quota here: the model is on this machine.
        "EmbedPerMinute": "6000",
        "PublicUrl": api,
    }


def _clean_slate(home: Path, ports: Ports, say: Callable[[str], object]) -> Processes:
    """End what a killed stack left running: we hold the folder, so nobody uses it."""
    processes = Processes(home / "processes.json")
    data = home / "postgres"
    if processes.end_leftovers() or postgres.is_running(data):
        postgres.end(data)
        say("ended what a killed stack had left running")
    require_free(ports.all())
    return processes


def _timed(say: Callable[[str], object]) -> Callable[[str], object]:
    began = time.monotonic()
    return lambda what: say(f"{time.monotonic() - began:5.1f} s  {what}")
