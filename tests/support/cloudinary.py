"""A Cloudinary of a test's own, and our store that speaks to it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from local.stand_in.assets import Asset
from local.stand_in.cloud import Cloud, open_cloud
from local.stand_in.server import StandInServer
from local.stand_in_parts.server import running
from shared.aws.http import HttpClient
from shared.media.cloudinary import CloudinaryStore
from shared.media.cloudinary_account import Account


@dataclass
class Double:
    """The stand-in from behind: what it holds, what it was asked, and how it shall fail."""

    cloud: Cloud
    url: str

    def arm(self, fault: str, **facts: object) -> None:
        self.cloud.order({"fault": fault, **facts})

    def calls(self) -> dict[str, int]:
        return {name: count for name, count in self.cloud.calls.listed().items() if count}

    def forget(self) -> None:
        self.cloud.calls.clear()

    def held(self) -> dict[str, Asset]:
        return {asset.public_id: asset for asset in self.cloud.assets.all()}


@contextmanager
def store_at(url: str, *, timeout: float = 5.0, now: datetime | None = None) -> Iterator[CloudinaryStore]:
    """Our store for the account that a CLOUDINARY_URL names; its clock stands still at `now`."""
    with closing(HttpClient()) as http:
        yield CloudinaryStore(
            Account.from_url(url), http=http, clock=lambda: now or datetime.now(UTC), timeout=timeout
        )


@contextmanager
def double(home: Path) -> Iterator[Double]:
    """Play Cloudinary in a thread for as long as the block lasts."""
    cloud = open_cloud("demo", api_key="KEY", api_secret="SECRET", home=home)
    with running(StandInServer(cloud)) as server:
        yield Double(cloud, server.cloudinary_url)
