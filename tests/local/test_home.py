"""What a home keeps, and whom it lets in."""

import subprocess
import sys

import pytest

from local.home import ROOT, hold, home_of, prepare, secrets_of, write_private
from shared.errors import Misconfigured

HOLD = """
import sys
from pathlib import Path
from local.home import hold
held = hold(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


def test_secrets_are_made_once_and_for_the_owner_alone(tmp_path):
    made = secrets_of(tmp_path)

    assert secrets_of(tmp_path) == made
    assert (tmp_path / "secrets.json").stat().st_mode & 0o777 == 0o600
    assert len(made.token_secret) >= 32


def test_two_homes_have_different_secrets(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()

    assert secrets_of(tmp_path / "a") != secrets_of(tmp_path / "b")


def test_damaged_secrets_are_not_replaced_behind_your_back(tmp_path):
    (tmp_path / "secrets.json").write_text("{")

    with pytest.raises(Misconfigured, match=r"secrets\.json is damaged"):
        secrets_of(tmp_path)


def test_a_home_belongs_to_one_stack_at_a_time(tmp_path):
    with hold(tmp_path), pytest.raises(Misconfigured, match="KEEPSAKE_HOME"):
        hold(tmp_path)


def test_a_killed_stack_does_not_keep_its_home(tmp_path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=ROOT) as other:
        assert other.stdout is not None
        other.stdout.readline()
        other.kill()

    hold(tmp_path).close()


def test_a_full_disk_is_refused_before_anything_is_written(tmp_path):
    with pytest.raises(Misconfigured, match=r"is full.*KEEPSAKE_HOME"):
        prepare(tmp_path / "home", needed_bytes=2**62)


def test_what_lay_in_tmp_is_gone_and_the_rest_is_kept(tmp_path):
    prepare(tmp_path)
    (tmp_path / "tmp" / "rubbish").touch()
    (tmp_path / "s3" / "photo").touch()

    prepare(tmp_path)

    assert not (tmp_path / "tmp" / "rubbish").exists()
    assert (tmp_path / "s3" / "photo").exists()


def test_the_environment_may_name_the_home(tmp_path):
    assert home_of({"KEEPSAKE_HOME": str(tmp_path)}) == tmp_path
    assert home_of({}).name == ".local"


def test_a_private_file_is_replaced_whole(tmp_path):
    write_private(tmp_path / "facts", "one")
    write_private(tmp_path / "facts", b"two")

    assert (tmp_path / "facts").read_text() == "two"
    assert [file.name for file in tmp_path.iterdir()] == ["facts"]
