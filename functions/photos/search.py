"""GET /api/v1/photos/search: photos by the words that they say, and by what they look like."""

from typing import Self
from uuid import UUID

from pydantic import Field, field_validator, model_validator

from shared.deps import Deps
from shared.edge.parse import parse
from shared.edge.query import PageQuery
from shared.edge.request import Request
from shared.edge.response import Response
from shared.photos.search import Looks
from shared.uploads.search import Wish, search
from shared.uploads.view import photo_view


class SearchQuery(PageQuery):
    """Words, a photo to compare with, or both."""

    q: str | None = Field(default=None, min_length=1, max_length=200)
    similar_to: UUID | None = None
    project_id: UUID | None = None

    @field_validator("q")
    @classmethod
    def _text(cls, given: str) -> str:
        # No text in the database has one, so none can be compared with one.
        if "\0" in given:
            raise ValueError("send text without NUL")
        return given

    @model_validator(mode="after")
    def _something(self) -> Self:
        if self.q is None and self.similar_to is None:
            raise ValueError("send q for words, similar_to for the id of a photo, or both")
        return self

    @property
    def looks(self) -> Looks:
        return Looks(similar_to=self.similar_to, q=self.q, project_id=self.project_id)


def find_photos(request: Request, deps: Deps) -> Response:
    """Where photos are ranked by likeness, each says how far it is from what was asked about."""
    caller = request.caller
    asked = parse(SearchQuery, dict(request.query))
    found = search(caller, Wish(asked.looks, asked.limit, asked.cursor), deps, request.budget)
    photos = [
        photo_view(upload, deps, request.base_url) | ({} if distance is None else {"distance": round(distance, 6)})
        for upload, distance in found.photos
    ]
    return Response(200, {"photos": photos, "next_cursor": found.next_cursor})
