"""Whether the zips import by the names that the real artefacts have."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from local.packages import LAYER_PREFIX, package
from shared.errors import Misconfigured


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    for name, text in {
        "functions/hello/handler.py": "from functions.hello.schemas import X\nfrom shared.kit import Y\nprint(X + Y)",
        "functions/hello/schemas.py": "X = 40",
        "functions/other/handler.py": "",
        "functions/hello/__pycache__/handler.cpython-311.pyc": "junk",
        "shared/__init__.py": "",
        "shared/kit.py": "Y = 2",
    }.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


def test_unpacked_zips_import_by_their_dotted_names(tree, tmp_path):
    _unpack(package(tree, "functions/hello"), tmp_path / "task")
    _unpack(package(tree, "shared", LAYER_PREFIX), tmp_path / "opt")
    places = [str(tmp_path / "task"), str(tmp_path / "opt" / "python")]
    script = f"import sys; sys.path[:0] = {places!r}; import functions.hello.handler"

    done = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, check=True, text=True)

    assert done.stdout == "42\n"


def test_a_zip_holds_its_own_folder_without_bytecode(tree):
    names = zipfile.ZipFile(io.BytesIO(package(tree, "functions/hello"))).namelist()

    assert names == ["functions/hello/handler.py", "functions/hello/schemas.py"]


def test_the_same_code_gives_the_same_bytes(tree):
    before = package(tree, "shared")

    (tree / "shared/kit.py").touch()

    assert package(tree, "shared") == before


def test_a_missing_folder_is_named(tree):
    with pytest.raises(Misconfigured, match="functions/gone"):
        package(tree, "functions/gone")


def _unpack(content: bytes, place: Path) -> None:
    zipfile.ZipFile(io.BytesIO(content)).extractall(place)
