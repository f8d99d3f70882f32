"""The command line: how the stand-in is started and ended."""

import argparse
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from local.imagekit_stand_in.kit import open_kit
from local.imagekit_stand_in.server import HOST, StandInServer

HIGHEST_PORT = 65535


def main(argv: Sequence[str] | None = None) -> int:
    order = _parser().parse_args(argv)
    try:
        kit = open_kit(order.id, private_key=order.key, home=order.home)
    except OSError as error:
        return _give_up(f"cannot keep files in {order.home}: {error.strerror}. Choose another --home.")
    try:
        server = StandInServer(kit, order.port)
    except OSError as error:
        return _give_up(f"cannot listen on {HOST}:{order.port}: {error.strerror}. Choose another --port.")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    print(f"imagekit stand-in ready on {HOST}:{server.port}", flush=True)
    server.serve_forever()
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m local.imagekit_stand_in", description="ImageKit on this machine."
    )
    parser.add_argument("--port", type=_port, required=True, help="loopback port; 0 takes a free one")
    parser.add_argument("--home", type=Path, required=True, help="folder that keeps the files")
    parser.add_argument("--key", required=True, help="private key")
    parser.add_argument("--id", default="demo", help="ImageKit ID: the first folder of every delivery URL")
    return parser


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= HIGHEST_PORT:
        raise argparse.ArgumentTypeError(f"{port} is not a port: 0 to {HIGHEST_PORT}")
    return port


def _give_up(why: str) -> int:
    print(f"imagekit stand-in: {why}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    sys.exit(main())
