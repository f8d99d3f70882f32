"""How much of a form is read, and how the rest is refused."""

from shared.errors import BadRequest

MAX_PARTS = 32
MAX_HEADERS = 16
MAX_HEADER_BYTES = 4_096
MAX_NAME = 64
MAX_TEXT_BYTES = 4_096
MAX_TEXTS_BYTES = 65_536
MAX_AROUND = 1_024
MAX_BOUNDARY = 70


class MalformedMultipart(BadRequest):
    """The multipart form is malformed."""

    code = "malformed_multipart"
