"""What is declared, what is shipped, and what is safe agree with each other."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).parents[1]

# Below these are known holes: an overflow on JPEGs, parameters smuggled past a signature, bodies without end.
FLOORS = {"pillow": "13.0", "pyjwt": "2.15", "cloudinary": "1.44.1", "multipart": "2.0"}


def test_every_dependency_is_locked_at_a_version_that_fits_it():
    locked = _locked()

    for wanted in _declared():
        assert wanted.specifier.contains(locked[_key(wanted.name)]), f"{wanted}: run `make lock`"


@pytest.mark.parametrize("name", FLOORS)
def test_no_release_with_a_known_hole_can_be_installed(name):
    wanted = {_key(r.name): r for r in [*_declared(), *_declared_for("local")]}[name]
    floor = Version(FLOORS[name])
    oldest = min(Version(clause.version) for clause in wanted.specifier if clause.operator in {">=", "=="})

    assert oldest >= floor
    assert _locked().get(name, floor) >= floor


def test_the_lock_names_no_host_and_no_path():
    text = (ROOT / "shared/requirements.txt").read_text()

    assert not re.search(r"https?:|file:|--index|@ /", text)


def _declared():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["dependencies"]]


def _declared_for(extra):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [Requirement(text) for text in project["optional-dependencies"][extra]]


def _locked():
    lines = (ROOT / "shared/requirements.txt").read_text().split()
    return {_key(name): Version(version) for name, _, version in (line.partition("==") for line in lines)}


def _key(name):
    return name.lower().replace("_", "-")
