"""What a person gets to play with: an organisation, tokens, a photo, and commands to paste."""

import io
import shlex
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from local import seed, tokens
from local.report import first_upload, screen, write_facts
from local.sample import draw, ensure_sample
from local.stack import Stack
from shared.tokens.build import build_verifier

SECRET = "a secret of at least thirty-two bytes"


@pytest.fixture
def stack(tmp_path: Path) -> Stack:
    named = {name: name for name in Stack.__dataclass_fields__}
    return Stack(**named | {"home": tmp_path, "console": None, "location_ids": ("a", "b")})


def test_our_verifier_takes_a_demo_token():
    env = {"TOKEN_ISSUER": tokens.ISSUER, "TOKEN_AUDIENCE": tokens.AUDIENCE, "TOKEN_SECRET": SECRET}

    claims = build_verifier(env, str).verify(tokens.mint(SECRET, actor_id=seed.MEMBER, org_id=seed.ORG_ID))

    assert (claims.actor_id, claims.org_id) == (seed.MEMBER, seed.ORG_ID)


def test_seeding_twice_gives_one_organisation(database_url):
    seed.seed(database_url)
    seed.seed(database_url)

    with psycopg.connect(database_url) as connection:
        roles = connection.execute("SELECT actor_id, role FROM memberships ORDER BY 1").fetchall()
        (stops,) = connection.execute("SELECT count(*) FROM locations WHERE hunt_id = %s", [seed.HUNT_ID]).fetchone()
    assert roles == [(seed.ADMIN, "admin"), (seed.MEMBER, "member")]
    assert stops == len(seed.LOCATION_IDS) == 3


def test_seeding_keeps_what_people_changed(database_url):
    seed.seed(database_url)
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE projects SET name = 'Mine', store = 'cloudinary'")

    seed.seed(database_url)

    with psycopg.connect(database_url) as connection:
        assert connection.execute("SELECT name, store FROM projects").fetchall() == [("Mine", "cloudinary")]


def test_the_sample_is_a_photo_of_a_camera_in_a_place():
    content = draw()
    exif = Image.open(io.BytesIO(content)).getexif()

    assert 100_000 < len(content) < 300_000
    assert exif[Base.Make] == "Keepsake"
    assert exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitude] == (53.0, 32.0, 36.0)


def test_the_sample_is_drawn_once(tmp_path):
    ensure_sample(tmp_path).write_bytes(b"mine")

    assert ensure_sample(tmp_path).read_bytes() == b"mine"


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh"])
def test_the_printed_commands_are_valid_shell(stack, shell):
    try:
        done = subprocess.run([shell, "-n"], input=first_upload(stack), text=True, capture_output=True, check=False)
    except FileNotFoundError:
        pytest.skip(f"there is no {shell} here")

    assert (done.returncode, done.stderr) == (0, "")


def test_a_home_with_a_blank_in_its_name_can_be_pasted(stack, tmp_path):
    home = tmp_path / "my photos"
    home.mkdir()

    commands = first_upload(replace(stack, home=home))

    assert f"PHOTO={home}/sample.jpg" in shlex.split(commands)


def test_the_screen_shows_where_to_go_and_with_what(stack):
    text = screen(stack)

    assert stack.api in text
    assert stack.token in text
    assert stack.admin_token in text
    assert (stack.home / "first-upload.sh").read_text() in text


def test_programs_find_the_facts_for_the_owner_alone(stack):
    file = write_facts(stack)

    assert file.stat().st_mode & 0o777 == 0o600
    assert '"console": null' in file.read_text()
    assert "_undo" not in file.read_text()
