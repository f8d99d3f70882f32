"""What a client may say when it believes its bytes have arrived: which upload it means, and nothing more."""

from uuid import UUID

from pydantic import Field, StrictInt, StrictStr

from shared.edge.parse import Body


class CompleteRequest(Body):
    """An empty object: the path names the upload, the store knows the rest."""


class SimpleCompleteRequest(Body):
    """The shape of simple clients. Only the id is used; the store is asked for everything else."""

    asset_id: UUID = Field(alias="assetId")
    blob_url: StrictStr | None = Field(default=None, alias="blobUrl", max_length=4_096)
    filename: StrictStr | None = Field(default=None, max_length=1_024)
    size: StrictInt | None = None
    mime_type: StrictStr | None = Field(default=None, alias="mimeType", max_length=127)
    checksum: StrictStr | None = Field(default=None, pattern=r"^[0-9a-fA-F]{64}$")
