"""The calls that a test of any of them makes."""

from dataclasses import dataclass

import pytest

from shared.media.cloudinary import CloudinaryStore
from tests.support.assets import asset_of
from tests.support.client import jpeg

PHOTO = jpeg()
NAME = "test/org/upload/1"
SECONDS = 5


@dataclass(frozen=True)
class Call:
    """One verb of the store, and what Cloudinary counts it as."""

    verb: str
    operation: str

    def __call__(self, store: CloudinaryStore, seconds: float = SECONDS) -> object:
        if self.verb == "put":
            return store.put(NAME, asset_of(PHOTO), seconds)
        return getattr(store, self.verb)(NAME)


WRITES = (Call("put", "upload"), Call("delete", "destroy"))
EVERY = pytest.mark.parametrize("call", [*WRITES, Call("look", "admin")], ids=lambda call: call.verb)
WRITE = pytest.mark.parametrize("call", WRITES, ids=lambda call: call.verb)
