"""The command line: how a stand-in is started and ended."""

import signal
import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from local.stand_in_parts.account import Account
from local.stand_in_parts.server import HOST, LoopbackServer

HIGHEST_PORT = 65535
Opened = TypeVar("Opened", bound=Account)


def parser_of(module: str, provider: str) -> ArgumentParser:
    """Understand what every stand-in must be told; what one alone needs is added to it."""
    parser = ArgumentParser(prog=f"python -m {module}", description=f"{provider} on this machine.")
    parser.add_argument("--port", type=_port, required=True, help="loopback port; 0 takes a free one")
    parser.add_argument("--home", type=Path, required=True, help="folder that keeps what is uploaded")
    return parser


def run(
    order: Namespace,
    open_account: Callable[[], Opened],
    serve: Callable[[Opened, int], LoopbackServer],
    *,
    name: str,
    keeps: str,
) -> int:
    """Serve until a signal ends it; what cannot be is said in one line."""
    try:
        account = open_account()
    except OSError as error:
        return _give_up(name, f"cannot keep {keeps} in {order.home}: {error.strerror}. Choose another --home.")
    try:
        server = serve(account, order.port)
    except OSError as error:
        return _give_up(name, f"cannot listen on {HOST}:{order.port}: {error.strerror}. Choose another --port.")
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: sys.exit(0))
    print(f"{name} ready on {HOST}:{server.port}", flush=True)
    server.serve_forever()
    return 0


def _port(text: str) -> int:
    port = int(text)
    if not 0 <= port <= HIGHEST_PORT:
        raise ArgumentTypeError(f"{port} is not a port: 0 to {HIGHEST_PORT}")
    return port


def _give_up(name: str, why: str) -> int:
    print(f"{name}: {why}", file=sys.stderr)
    return 1
