"""The one file of a form: collected once, and hashed on the way."""

from dataclasses import dataclass
from hashlib import md5, sha256

from shared.edge.multipart_headers import PartHead
from shared.errors import PayloadTooLarge, Unprocessable

# Where a file of any size goes in.
DIRECT_DOOR = "/api/v1/photos/upload-url"


@dataclass(frozen=True, slots=True)
class FilePart:
    """The file as it was sent. Its name is for display only, and still as raw as the client wrote it."""

    file_name: str
    declared_mime: str | None
    content: memoryview
    size: int
    sha256: str
    md5: str


class FileInMaking:
    """Bytes put where they stay, and hashed while they are still in the cache."""

    def __init__(self, head: PartHead, room: int, limit: int) -> None:
        self._head, self._limit, self._size = head, limit, 0
        # A bytearray would copy what is assigned to a slice of it; a view of one does not.
        self._room = memoryview(bytearray(min(room, limit)))
        self._sha256, self._md5 = sha256(), md5(usedforsecurity=False)

    def write(self, stretch: bytes) -> None:
        end = self._size + len(stretch)
        if end > self._limit:
            raise PayloadTooLarge(
                f"The file has more than {self._limit} bytes, the most that fits through this door. "
                f"Ask POST {DIRECT_DOOR} for a URL, and put the file there.",
                max_bytes=self._limit,
                upload_url_endpoint=DIRECT_DOOR,
            )
        self._room[self._size : end] = stretch
        self._sha256.update(stretch)
        self._md5.update(stretch)
        self._size = end

    def finished(self) -> FilePart:
        if not self._size:
            raise Unprocessable("The file is empty. Send the bytes of a photo.")
        return FilePart(
            self._head.file_name or "",
            self._head.mime,
            self._room[: self._size].toreadonly(),
            self._size,
            self._sha256.hexdigest(),
            self._md5.hexdigest(),
        )
