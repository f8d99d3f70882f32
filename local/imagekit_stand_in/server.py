"""The server: what plays ImageKit on a loopback port."""

from local.imagekit_stand_in.kit import Kit
from local.imagekit_stand_in.play import play
from local.stand_in_parts.replies import Reply
from local.stand_in_parts.request import Request
from local.stand_in_parts.server import HOST, LoopbackServer


class StandInServer(LoopbackServer):
    """One account on one loopback port; port 0 takes a free one."""

    def __init__(self, kit: Kit, port: int = 0) -> None:
        self.kit = kit
        super().__init__(kit, port)

    def play(self, request: Request) -> Reply | None:
        return play(self.kit, request)

    @property
    def imagekit_url(self) -> str:
        """The setting that sends our store here."""
        kit = self.kit
        return f"imagekit://{kit.private_key}@{HOST}:{self.port}/{kit.id}?upload_prefix={self.url}"
