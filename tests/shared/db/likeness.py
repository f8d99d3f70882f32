"""Photos that look more or less like one another, and how they are asked for."""

from collections.abc import Callable
from random import Random
from uuid import UUID

import psycopg

from shared.db.search import PhotoSearch
from shared.photos.search import Alike, Looks
from tests.shared.db.conftest import World
from tests.shared.db.stored import Stored


def vector(seed: int) -> list[float]:
    """Any vector, that has no neighbour."""
    return [round(Random(seed * 5_000 + n).gauss(0, 1), 4) for n in range(1024)]


def leaning(share: float) -> list[float]:
    """A vector that is so far from `vector(0)`: the more, the further."""
    return [round(a + share * b, 4) for a, b in zip(vector(0), vector(1), strict=True)]


def embed(sql: psycopg.Connection, photo: UUID, values: list[float], *, model: str = "m") -> None:
    query = "INSERT INTO embeddings SELECT id, org_id, %s, %s FROM photos WHERE id = %s"
    sql.execute(query, (model, str(values), photo))


def a_row(stored: Stored) -> list[UUID]:
    """Photos, each a bit further from the first."""
    photos = [stored.photo(f"p{n}") for n in range(6)]
    for n, photo in enumerate(photos):
        embed(stored.sql, photo, leaning(n / 10))
    return photos


def asking(search: PhotoSearch, world: World) -> Callable[..., Alike]:
    """What looks like a photo; what is not said narrows nothing down."""

    def ask(photo=None, *, caller=None, skip=0, limit=10, most=10_000, **looks):
        asked = Looks(similar_to=photo, **looks)
        return search.alike(caller or world.member, asked, skip=skip, limit=limit, most=most)

    return ask


def ids(found: Alike) -> list[UUID]:
    return [upload.id for upload, _ in found.found]
