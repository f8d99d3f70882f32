"""The server: what plays Cloudinary on a loopback port."""

from local.stand_in.cloud import Cloud
from local.stand_in.play import play
from local.stand_in_parts.replies import Reply
from local.stand_in_parts.request import Request
from local.stand_in_parts.server import LoopbackServer


class StandInServer(LoopbackServer):
    """One cloud on one loopback port; port 0 takes a free one."""

    def __init__(self, cloud: Cloud, port: int = 0) -> None:
        self.cloud = cloud
        super().__init__(cloud, port)

    def play(self, request: Request) -> Reply | None:
        return play(self.cloud, request)

    @property
    def cloudinary_url(self) -> str:
        """The setting that sends the official SDK here."""
        cloud = self.cloud
        return f"cloudinary://{cloud.api_key}:{cloud.api_secret}@{cloud.name}?upload_prefix={self.url}"
