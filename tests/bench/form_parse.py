"""What does the form door's parsing cost beside what nobody can avoid? Interleaved medians; prints two lines."""

import base64
import binascii
import random
import sys
import tracemalloc
from hashlib import md5, sha256
from statistics import median
from time import process_time_ns

from shared.edge.multipart import parse_form
from shared.edge.request import Request, understand

SIZE, ROUNDS = 4_400_000, 40
BOUNDARY = "----keepsake7MA4YWxkTrZu0gW"


def request_with(content: bytes) -> Request:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n'
    body = head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()
    headers = {"content-type": f"multipart/form-data; boundary={BOUNDARY}"}
    text = base64.b64encode(body).decode()
    return understand({"headers": headers, "body": text, "isBase64Encoded": True}, "")


def ours(request: Request) -> None:
    parse_form(request, max_file_bytes=SIZE)


def floor(request: Request) -> None:
    body = binascii.a2b_base64(request.raw_body)
    sha256(body)
    md5(body, usedforsecurity=False)


def clocked(call, request: Request) -> float:
    started = process_time_ns()
    call(request)
    return (process_time_ns() - started) / 1e6


def peak(request: Request) -> int:
    tracemalloc.start()
    ours(request)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def measured(requests: dict[str, Request]) -> dict[str, tuple[float, float]]:
    seen = {name: ([], []) for name in requests}
    for _ in range(ROUNDS):
        for name, request in requests.items():
            seen[name][0].append(clocked(ours, request))
            seen[name][1].append(clocked(floor, request))
    return {name: (median(mine), median(least)) for name, (mine, least) in seen.items()}


if __name__ == "__main__":
    asked = {
        "random bytes": request_with(random.Random(1).randbytes(SIZE)),
        "CRLFs": request_with(b"\r\n" * (SIZE // 2)),
    }
    found = measured(asked)
    for name, (mine, least) in found.items():
        sys.stdout.write(
            f"form of {name}: ours {mine:.2f} ms, base64 + SHA-256 + MD5 {least:.2f} ms, "
            f"ratio {mine / least:.3f} (goal 1.3), peak ÷ file {peak(asked[name]) / SIZE:.3f} (goal 1.1)\n"
        )
    ratio = found["CRLFs"][0] / found["random bytes"][0]
    sys.stdout.write(f"CRLFs ÷ random bytes: {ratio:.3f} (goal 1.2)\n")
