"""The command line: what Cloudinary's stand-in is told."""

import sys
from collections.abc import Sequence

from local.stand_in.cloud import open_cloud
from local.stand_in.server import StandInServer
from local.stand_in_parts.command import parser_of, run


def main(argv: Sequence[str] | None = None) -> int:
    parser = parser_of("local.stand_in", "Cloudinary")
    parser.add_argument("--cloud", default="demo", help="cloud name")
    parser.add_argument("--key", required=True, help="API key")
    parser.add_argument("--secret", required=True, help="API secret")
    order = parser.parse_args(argv)
    return run(
        order,
        lambda: open_cloud(order.cloud, api_key=order.key, api_secret=order.secret, home=order.home),
        StandInServer,
        name="stand-in",
        keeps="assets",
    )


if __name__ == "__main__":
    sys.exit(main())
