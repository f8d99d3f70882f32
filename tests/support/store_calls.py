"""The calls of a store that a test makes when it does not matter which photo it is, and what one costs."""

import tracemalloc
from collections.abc import Callable

import pytest

from shared.errors import StoreRefused
from shared.media.store import Store
from tests.support.assets import asset_of
from tests.support.client import jpeg

PHOTO = jpeg()
NAME = "test/org/upload/1"
SECONDS = 5
EVERY = pytest.mark.parametrize("verb", ["put", "look", "delete"])
WRITE = pytest.mark.parametrize("verb", ["put", "delete"])


def ask(store: Store, verb: str, seconds: float = SECONDS) -> object:
    if verb == "put":
        return store.put(NAME, asset_of(PHOTO), seconds)
    return getattr(store, verb)(NAME)


def peak_of(call: Callable[[], object]) -> int:
    """What a call that is refused holds at most, once all that is imported is imported."""
    for start in (lambda: None, tracemalloc.start):
        start()
        with pytest.raises(StoreRefused):
            call()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
