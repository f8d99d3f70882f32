"""What is inside the zip of a function or of the layer."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from shared.errors import Misconfigured

FUNCTION_PREFIX = PurePosixPath()
LAYER_PREFIX = PurePosixPath("python")
# The same bytes for the same code; zip knows no earlier day.
FIXED_DATE = (1980, 1, 1, 0, 0, 0)


def package(root: Path, folder: str, prefix: PurePosixPath = FUNCTION_PREFIX) -> bytes:
    """Zip a folder under its own path, so that its modules have one dotted name everywhere.

    No dependencies: functions run on the packages that the embedded AWS itself is installed with.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for file in _files(root / folder):
            entry = zipfile.ZipInfo(str(prefix / file.relative_to(root).as_posix()), FIXED_DATE)
            # Without a mode the unpacked file would be unreadable.
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, file.read_bytes(), zipfile.ZIP_DEFLATED)
    return buffer.getvalue()


def _files(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        raise Misconfigured(f"template.yaml names the folder {folder}, which is not there.")
    for file in sorted(folder.rglob("*")):
        if file.is_file() and "__pycache__" not in file.parts and file.suffix != ".pyc":
            yield file
