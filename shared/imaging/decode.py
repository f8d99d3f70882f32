"""Whether Pillow decodes an image to its end, and what it decodes: the one file that opens images with it."""

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


def decode_jpeg(parts: list[memoryview], scale: int = LARGEST_DRAFT) -> "ImageFile":
    """Read all entropy-coded data, but build only a picture of an eighth, or of what scale says.

    The reading is what costs; a decoder scales by 1, 2, 4 and 8 for less than nothing.
    """
    from PIL.JpegImagePlugin import JpegImageFile  # noqa: PLC0415

    with decoding():
        image = JpegImageFile(_file(parts))
        image.draft(None, (max(1, image.width // scale), max(1, image.height // scale)))
        image.load()
        return image


def decode_png(parts: list[memoryview]) -> "ImageFile":
    """Decode in full: this format has no smaller way."""
    from PIL.PngImagePlugin import PngImageFile  # noqa: PLC0415

    with decoding():
        image = PngImageFile(_file(parts))
        image.load()
        return image


def decode_webp(data: memoryview, size: tuple[int, int]) -> "ImageFile":
    """Decode the first frame in full."""
    from PIL.WebPImagePlugin import WebPImageFile  # noqa: PLC0415

    with decoding():
        return _loaded(WebPImageFile(_file([data])), size)


def decode_avif(data: memoryview, size: tuple[int, int]) -> "ImageFile":
    """Decode the first frame in full."""
    from PIL.AvifImagePlugin import AvifImageFile  # noqa: PLC0415

    with decoding():
        return _loaded(AvifImageFile(_file([data])), size)


def _file(parts: list[memoryview]) -> io.BufferedReader:
    return io.BufferedReader(Parts(parts))


def _loaded(image: "ImageFile", size: tuple[int, int]) -> "ImageFile":
    # A header that promises less than the decoder sees would pass the pixel limits.
    if set(image.size) != set(size):
        raise ValueError("the header and the picture differ in size")
    image.load()
    return image


@contextmanager
def decoding() -> Iterator[None]:
    """Turn whatever the decoder says of a hostile file into one refusal, and its warnings into silence."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except MemoryError as error:
        raise ImageTooLarge("The image needs more memory than there is: send a smaller version.") from error
    except Exception as error:
        raise UnprocessableImage("The image cannot be decoded: the file is damaged, send it again.") from error
