"""What `sam build` made can be imported the way Lambda imports it."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
BUILT = ROOT / ".aws-sam/build"
# Compiled parts load only on the machine they were built for.
NATIVE = BUILT if platform.machine() in {"arm64", "aarch64"} else ROOT / f".aws-sam/build-{platform.machine()}"
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))


def _runtime():
    """The real interpreter, not a shim that may refuse to choose."""
    home = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
    found = [*sorted(home.glob("versions/3.13*/bin/python3.13")), shutil.which("python3.13")]
    return str(found[0]) if found[0] else None


pytestmark = [
    pytest.mark.skipif(not BUILT.is_dir(), reason="nothing is built: run `make build`"),
    pytest.mark.skipif(_runtime() is None, reason="there is no python3.13 on this machine"),
]


@pytest.mark.parametrize("name", HANDLERS)
def test_a_built_handler_imports_in_lambdas_path_order_with_an_empty_environment(name):
    resource = "".join(part.title() for part in name.split("_")) + "Function"
    path = [str(NATIVE / resource), str(NATIVE / "SharedLayer/python")]
    code = f"import sys; sys.path[:0] = {path!r}; import functions.{name}.handler as h; print(h.lambda_handler)"

    run = subprocess.run(
        [_runtime(), "-I", "-S", "-c", code], cwd="/", env={}, capture_output=True, text=True, check=False
    )

    assert run.returncode == 0, run.stderr


def test_a_function_ships_its_own_code_and_nothing_else():
    for name in HANDLERS:
        resource = "".join(part.title() for part in name.split("_")) + "Function"
        shipped = {p.relative_to(BUILT / resource).parts[:2] for p in (BUILT / resource).rglob("*.py")}
        assert shipped == {("functions", name)}


def test_the_layer_has_the_library_and_every_locked_dependency():
    layer = BUILT / "SharedLayer/python"

    assert (layer / "shared/bootstrap/parts.py").is_file()
    for folder in (
        "psycopg",
        "PIL",
        "pydantic",
        "aws_lambda_powertools",
        "cloudinary",
        "multipart.py",
        "cryptography",
    ):
        assert (layer / folder).exists(), folder
