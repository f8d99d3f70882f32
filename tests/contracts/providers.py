"""The providers that are played: how each is reached, and which operations a call of our store begins with."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support import cloudinary, imagekit


@dataclass(frozen=True)
class Provider:
    """One provider: its stand-in, our store, the setting that sends it elsewhere, and what each verb asks for."""

    double: Callable[[Path], AbstractContextManager[Any]]
    store_at: Callable[..., AbstractContextManager[Any]]
    setting: str
    # The last operation is the one that does it.
    asks: Mapping[str, tuple[str, ...]]


PROVIDERS = {
    "cloudinary": Provider(
        cloudinary.double,
        cloudinary.store_at,
        "cloudinary://KEY:SECRET@demo?upload_prefix=",
        {"put": ("upload",), "look": ("admin",), "delete": ("destroy",)},
    ),
    "imagekit": Provider(
        imagekit.double,
        imagekit.store_at,
        "imagekit://KEY@127.0.0.1/demo?upload_prefix=",
        {"put": ("upload",), "look": ("list",), "delete": ("list", "purge", "delete")},
    ),
}
