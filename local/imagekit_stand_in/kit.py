"""One running account: its key and all that it remembers."""

from base64 import b64decode
from binascii import Error
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock

from local.imagekit_stand_in.faults import ORDERS
from local.imagekit_stand_in.library import Library
from local.stand_in_parts.account import Account
from local.stand_in_parts.replies import Refused, Reply, json_reply

HELP = "For support kindly contact us at support@imagekit.io ."


class Edge:
    """The copies near the viewers: what was delivered once is delivered again until it is purged."""

    def __init__(self) -> None:
        self._copies: dict[str, Reply] = {}
        self._lock = Lock()

    def find(self, target: str) -> Reply | None:
        with self._lock:
            return self._copies.get(target)

    def keep(self, target: str, reply: Reply) -> None:
        with self._lock:
            self._copies[target] = reply

    def purge(self, target: str) -> None:
        """A star at the end stands for whatever follows."""
        stem = target.removesuffix("*")
        with self._lock:
            self._copies = {
                each: reply
                for each, reply in self._copies.items()
                if not (each.startswith(stem) if target.endswith("*") else each == target)
            }


@dataclass(slots=True, kw_only=True)
class Kit(Account):
    """One account: its ID, its key and all that it remembers."""

    provider = "ImageKit"
    orders = ORDERS

    id: str
    private_key: str
    library: Library
    edge: Edge = field(default_factory=Edge)

    def refuse(self, refused: Refused) -> Reply:
        return json_reply({"message": refused.message, "help": HELP}, refused.status)

    @property
    def url_endpoint(self) -> str:
        return f"{self.base_url}/{self.id}"

    def admits(self, authorization: str) -> bool:
        """The private key is the user name; the password does not matter."""
        try:
            user, _, _ = b64decode(authorization.removeprefix("Basic "), validate=True).decode().partition(":")
        except (Error, ValueError):
            return False
        return authorization.startswith("Basic ") and user == self.private_key


def open_kit(id_: str, *, private_key: str, home: Path) -> Kit:
    return Kit(id=id_, private_key=private_key, library=Library(home / "files"))
