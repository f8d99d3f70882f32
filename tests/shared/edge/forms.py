"""What would an honest client, or one that is nearly so, send as a form?"""

import base64

from shared.edge.request import Request, understand

BOUNDARY = "----keepsake7MA4YWxkTrZu0gW"
PHOTO = b"\xff\xd8\xff\xe0 a photo \xff\xd9"


def part(disposition: str, content: bytes, *headers: str) -> bytes:
    lines = [f"Content-Disposition: form-data; {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + content


def text(name: str, value: str) -> bytes:
    return part(f'name="{name}"', value.encode())


def file(content: bytes = PHOTO, *headers: str, name: str = "file", file_name: str = "a.jpg") -> bytes:
    return part(f'name="{name}"; filename="{file_name}"', content, *headers)


def body(*parts: bytes, boundary: str = BOUNDARY) -> bytes:
    delimiter = f"--{boundary}".encode()
    return b"".join(delimiter + b"\r\n" + one + b"\r\n" for one in parts) + delimiter + b"--\r\n"


def sent(content: bytes, *, content_type: str | None = None, **headers: str) -> Request:
    """The request as a gateway delivers it."""
    kind = content_type or f"multipart/form-data; boundary={BOUNDARY}"
    given = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    delivered = base64.b64encode(content).decode()
    return understand({"headers": given, "body": delivered, "isBase64Encoded": True}, "")


def sent_as_text(content: str) -> Request:
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    return understand({"headers": headers, "body": content, "isBase64Encoded": False}, "")


def form(*parts: bytes) -> Request:
    return sent(body(*parts))
