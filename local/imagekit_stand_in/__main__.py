"""The command line: what ImageKit's stand-in is told."""

import sys
from collections.abc import Sequence

from local.imagekit_stand_in.kit import open_kit
from local.imagekit_stand_in.server import StandInServer
from local.stand_in_parts.command import parser_of, run


def main(argv: Sequence[str] | None = None) -> int:
    parser = parser_of("local.imagekit_stand_in", "ImageKit")
    parser.add_argument("--key", required=True, help="private key")
    parser.add_argument("--id", default="demo", help="ImageKit ID: the first folder of every delivery URL")
    order = parser.parse_args(argv)
    return run(
        order,
        lambda: open_kit(order.id, private_key=order.key, home=order.home),
        StandInServer,
        name="imagekit stand-in",
        keeps="files",
    )


if __name__ == "__main__":
    sys.exit(main())
