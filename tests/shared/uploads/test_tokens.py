"""An upload token reaches one project, for some types; an access token is not held back by any of this."""

from datetime import UTC, datetime
from uuid import UUID

import pytest

from shared.errors import Forbidden
from shared.photos import Caller, Target, UploadToken
from shared.uploads.tokens import covers, require_fits

PROJECT = UUID(int=1)
HERE = Target(project_id=PROJECT)
TOKEN = UploadToken(
    UUID(int=2),
    PROJECT,
    frozenset({"upload"}),
    frozenset({"image/jpeg", "image/png"}),
    datetime(2100, 1, 1, tzinfo=UTC),
)
MEMBER = Caller("ann", UUID(int=3))
BEARER = Caller("ann", UUID(int=3), upload_token=TOKEN)
ELSEWHERE = [
    Target(project_id=UUID(int=9)),
    Target(team_id=UUID(int=4), location_id=UUID(int=5)),
    Target(venue_id=UUID(int=6)),
    Target(project_id=PROJECT, venue_id=UUID(int=6)),
    Target(),
]


@pytest.mark.parametrize("mime", ["image/png", "image/jpeg", None])
def test_its_project_and_its_types_are_covered(mime):
    require_fits(BEARER, HERE, mime)

    assert covers(BEARER, HERE, mime)


@pytest.mark.parametrize("target", ELSEWHERE)
def test_no_other_target_is(target):
    with pytest.raises(Forbidden, match=str(PROJECT)):
        require_fits(BEARER, target, "image/png")

    assert not covers(BEARER, target)


@pytest.mark.parametrize("mime", ["image/webp", "IMAGE/PNG", ""])
def test_no_other_type_is(mime):
    with pytest.raises(Forbidden, match="image/jpeg, image/png"):
        require_fits(BEARER, HERE, mime)

    assert not covers(BEARER, HERE, mime)


@pytest.mark.parametrize("target", [HERE, *ELSEWHERE])
def test_a_member_goes_anywhere(target):
    require_fits(MEMBER, target, "image/webp")

    assert covers(MEMBER, target, "image/webp")
