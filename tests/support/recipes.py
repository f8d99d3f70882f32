"""What does the README tell people to paste? The blocks that it marks as recipes, as they stand there."""

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from uuid import uuid4

from local.home import ROOT
from local.report import write_facts
from tests.support.client import STORED, Client, jpeg

# A comment that no reader sees names the recipes that the block under it is a part of.
MARKED = re.compile(
    r"^<!-- recipe: (?P<names>[a-z0-9 -]+) -->\n```(?P<language>\w+)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL
)
# What every shell recipe begins with.
SETUP = "setup"


@dataclass(frozen=True)
class Block:
    """One block, and the recipes that it is a part of."""

    names: frozenset[str]
    language: str
    text: str


@cache
def blocks() -> tuple[Block, ...]:
    found = MARKED.finditer((ROOT / "README.md").read_text())
    return tuple(Block(frozenset(each["names"].split()), each["language"], each["text"]) for each in found)


def names(*languages: str) -> list[str]:
    """The recipes that are written in one of these languages."""
    return sorted({name for block in blocks() if block.language in languages for name in block.names} - {SETUP})


def text_of(name: str, language: str) -> str:
    """All of a recipe that is in one language, in the order in which it is read."""
    begin = {SETUP} if language == "sh" else set()
    return "\n".join(each.text for each in blocks() if each.language == language and each.names & {name, *begin})


@dataclass(frozen=True)
class Folder:
    """What a person has after `make run`: a folder with `.local` in it, for an organisation of the test's own."""

    path: Path
    token: str
    client: Client

    def run(self, name: str) -> str:
        """Do what the recipe says; what it printed."""
        told = ""
        if shell := text_of(name, "sh"):
            told += self._run("bash", "-euc", shell)
        if python := text_of(name, "python"):
            (self.path / "recipe.py").write_text(python)
            told += self._run(sys.executable, "recipe.py")
        return told

    def _run(self, *command: str) -> str:
        done = subprocess.run(
            command, cwd=self.path, capture_output=True, text=True, check=False, timeout=120, env=os.environ
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def photos(self) -> list[bytes]:
        """What the recipe made to upload; where it made nothing, the sample."""
        made = [file for file in (self.path / ".local").rglob("*.jpg") if file.name != "sample.jpg"]
        return [file.read_bytes() for file in made or [self.path / ".local" / "sample.jpg"]]

    def shown(self) -> set[str]:
        """The SHA-256 of every photo that the API shows."""
        page = self.client.ask("GET", "/api/v1/photos?limit=100", token=self.token).json["photos"]
        return {each["sha256"] for each in page if each["status"] in STORED}


def furnished(path: Path, client: Client) -> Folder:
    """A folder of this client's stack."""
    token, project = client.organisation()
    local = path / ".local"
    local.mkdir()
    facts = json.loads(write_facts(client.stack).read_text()) | _targets(client, project)
    (local / "stack.json").write_text(json.dumps(facts | {"token": token, "project_id": project}))
    (local / "secrets.json").write_text((client.stack.home / "secrets.json").read_text())
    (local / "sample.jpg").write_bytes(jpeg(exif=_camera()))
    (path / ".venv").symlink_to(Path(sys.prefix))
    return Folder(path, token, client)


def _targets(client: Client, project: str) -> dict[str, object]:
    """A hunt with a team and three stops, and a venue; what completes them lives at Cloudinary, as in the demo."""
    ((org,),) = client.rows("SELECT org_id FROM projects WHERE id = %s", project)
    hunt, team, venue, *stops = (uuid4() for _ in range(6))
    client.rows("UPDATE organizations SET store = 'cloudinary' WHERE id = %s", org)
    client.rows("UPDATE projects SET store = 's3' WHERE id = %s", project)
    client.rows("INSERT INTO hunts (id, org_id, name) VALUES (%s, %s, 'Hunt')", hunt, org)
    client.rows("INSERT INTO teams (id, org_id, hunt_id, name) VALUES (%s, %s, %s, 'Team')", team, org, hunt)
    client.rows("INSERT INTO venues (id, org_id, name) VALUES (%s, %s, 'Venue')", venue, org)
    for stop in stops:
        client.rows("INSERT INTO locations (id, org_id, hunt_id, title) VALUES (%s, %s, %s, 'Stop')", stop, org, hunt)
    return {"team_id": str(team), "venue_id": str(venue), "location_ids": [str(stop) for stop in stops]}


def _camera() -> bytes:
    from PIL import Image

    written = Image.Exif()
    written[0x010F] = "Keepsake"
    return written.tobytes()
