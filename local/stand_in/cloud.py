"""One running cloud: its name, its credentials and all that it remembers."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from local.stand_in.assets import Assets
from local.stand_in.faults import ORDERS
from local.stand_in.rate_limit import RateLimit
from local.stand_in_parts.account import Account
from local.stand_in_parts.replies import Refused, Reply, json_reply

LONGEST_HEADER = 1000


@dataclass(slots=True, kw_only=True)
class Cloud(Account):
    """One cloud: its name, its credentials and all that it remembers."""

    provider = "Cloudinary"
    orders = ORDERS

    name: str
    api_key: str
    api_secret: str
    assets: Assets
    clock: Callable[[], float]
    rate_limit: RateLimit

    def refuse(self, refused: Refused) -> Reply:
        # A header is ASCII, one line and short; the message may quote anything that a caller sent.
        header = " ".join(refused.message.encode("ascii", "replace").decode().split())[:LONGEST_HEADER]
        reply = json_reply({"error": {"message": refused.message}}, refused.status)
        return reply.with_headers({"X-Cld-Error": header})


def open_cloud(
    name: str, *, api_key: str, api_secret: str, home: Path, clock: Callable[[], float] = time.time
) -> Cloud:
    return Cloud(
        name=name,
        api_key=api_key,
        api_secret=api_secret,
        assets=Assets(home / "assets"),
        clock=clock,
        rate_limit=RateLimit(clock),
    )
