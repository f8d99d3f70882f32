"""What the parts of one form add up to: exactly one file, and its texts."""

from shared.edge.json_body import refuse_unstorable_text
from shared.edge.multipart_file import FileInMaking, FilePart
from shared.edge.multipart_headers import PartHead
from shared.edge.multipart_limits import MAX_TEXT_BYTES, MAX_TEXTS_BYTES, MalformedMultipart


class Parts:
    """Takes the parts one after the other, and refuses the first one too many."""

    def __init__(self, file_fields: tuple[str, ...], room: int, max_file_bytes: int) -> None:
        self._file_fields = file_fields
        self._room, self._max_file_bytes = room, max_file_bytes
        self._file: FileInMaking | None = None
        self._texts: dict[str, _TextInMaking] = {}

    def begin(self, head: PartHead) -> "FileInMaking | _TextInMaking":
        """Where the bytes of this part go."""
        if head.file_name is not None or head.name in self._file_fields:
            self._file = self._one_file(head)
            return self._file
        if head.name in self._texts:
            raise MalformedMultipart(f'The form has the field "{head.name}" twice. Send each field once.')
        return self._texts.setdefault(head.name, _TextInMaking(head.name))

    def file(self) -> FilePart:
        if self._file is None:
            raise MalformedMultipart(f"The form has no file. Send one, in a part with the name {self._names()}.")
        return self._file.finished()

    def texts(self) -> dict[str, str]:
        if sum(text.size for text in self._texts.values()) > MAX_TEXTS_BYTES:
            raise MalformedMultipart(f"The form has more than {MAX_TEXTS_BYTES} bytes of text.")
        return {name: text.finished() for name, text in self._texts.items()}

    def _one_file(self, head: PartHead) -> FileInMaking:
        if head.name not in self._file_fields:
            raise MalformedMultipart(
                f'The form has a file named "{head.name}". Send it with the name {self._names()}.'
            )
        if head.file_name is None:
            raise MalformedMultipart(f'The part "{head.name}" is a text. Send it as a file, with a filename.')
        if self._file is not None:
            raise MalformedMultipart("The form has two files. Send one file in each form.")
        return FileInMaking(head, self._room, self._max_file_bytes)

    def _names(self) -> str:
        return " or ".join(f'"{name}"' for name in self._file_fields)


class _TextInMaking:
    def __init__(self, name: str) -> None:
        self._name, self._bytes = name, bytearray()

    @property
    def size(self) -> int:
        return len(self._bytes)

    def write(self, stretch: bytes) -> None:
        if self.size + len(stretch) > MAX_TEXT_BYTES:
            raise MalformedMultipart(f'The field "{self._name}" has more than {MAX_TEXT_BYTES} bytes.')
        self._bytes += stretch

    def finished(self) -> str:
        try:
            text = self._bytes.decode()
        except UnicodeDecodeError:
            raise MalformedMultipart(f'The field "{self._name}" is not UTF-8.') from None
        refuse_unstorable_text(text)
        return text
