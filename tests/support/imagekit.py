"""An ImageKit of a test's own, and our store that speaks to it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from local.imagekit_stand_in.kit import Kit, open_kit
from local.imagekit_stand_in.library import Kept
from local.imagekit_stand_in.server import StandInServer
from local.stand_in_parts.server import running
from shared.media.imagekit import ImageKitStore
from shared.media.imagekit_account import Account


@dataclass
class Double:
    """The stand-in from behind: what it holds, what it was asked, and how it shall fail."""

    kit: Kit
    url: str

    def arm(self, fault: str, **facts: object) -> None:
        self.kit.order({"fault": fault, **facts})

    def calls(self) -> dict[str, int]:
        return {name: count for name, count in self.kit.calls.listed().items() if count}

    def forget(self) -> None:
        self.kit.calls.clear()

    def held(self) -> dict[str, Kept]:
        return {kept.path.removeprefix("/"): kept for kept in self.kit.library.all()}


@contextmanager
def store_at(url: str, *, timeout: float = 5.0) -> Iterator[ImageKitStore]:
    """Our store for the account that an IMAGEKIT_URL names."""
    with closing(ImageKitStore(Account.from_url(url), timeout=timeout)) as store:
        yield store


@contextmanager
def double(home: Path) -> Iterator[Double]:
    """Play ImageKit in a thread for as long as the block lasts."""
    kit = open_kit("demo", private_key="private_KEY=", home=home)
    with running(StandInServer(kit)) as server:
        yield Double(kit, server.imagekit_url)
