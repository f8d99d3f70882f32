"""Whether Pillow decodes an image to its end: the one file that imports it, and only when it decodes."""

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from shared.errors import ImageTooLarge, UnprocessableImage

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer
    from PIL.ImageFile import ImageFile

LARGEST_DRAFT = 8


class Parts(io.RawIOBase):
    """Parts of a file read as one, without copying the large ones."""

    def __init__(self, parts: list[memoryview]) -> None:
        super().__init__()
        self._parts = parts
        self._size = sum(len(part) for part in parts)
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(base + offset, 0)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        target = memoryview(buffer)
        start = 0
        for part in self._parts:
            if start <= self._at < start + len(part):
                piece = part[self._at - start :][: len(target)]
                target[: len(piece)] = piece
                self._at += len(piece)
                return len(piece)
            start += len(part)
        return 0


def decode_jpeg(parts: list[memoryview]) -> None:
    """Read all entropy-coded data, but build only a picture of an eighth: its cost is the reading."""
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415

    with _decoder():
        image = JpegImageFile(_file(parts))
        image.draft(None, (max(1, image.width // LARGEST_DRAFT), max(1, image.height // LARGEST_DRAFT)))
        image.load()


def decode_webp(data: memoryview, size: tuple[int, int]) -> None:
    """Decode the first frame in full: this format has no smaller way."""
    from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415

    with _decoder():
        _load(WebPImageFile(_file([data])), size)


def decode_avif(data: memoryview, size: tuple[int, int]) -> None:
    """Decode the first frame in full."""
    from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415

    with _decoder():
        _load(AvifImageFile(_file([data])), size)


def _file(parts: list[memoryview]) -> io.BufferedReader:
    return io.BufferedReader(Parts(parts))


def _load(image: "ImageFile", size: tuple[int, int]) -> None:
    # A header that promises less than the decoder sees would pass the pixel limits.
    if set(image.size) != set(size):
        raise ValueError("the header and the picture differ in size")
    image.load()


@contextmanager
def _decoder() -> Iterator[None]:
    """Turn whatever the decoder says of a hostile file into one refusal, and its warnings into silence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MemoryError as error:
        raise ImageTooLarge("The image needs more memory than there is: send a smaller version.") from error
    except Exception as error:
        raise UnprocessableImage("The image cannot be decoded: the file is damaged, send it again.") from error
