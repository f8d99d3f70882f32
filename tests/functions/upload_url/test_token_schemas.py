"""What is asked of an upload token stays within what may be allowed, and each mistake is pointed at."""

import pytest

from functions.upload_url.token_schemas import UploadTokenRequest
from shared.edge.parse import ValidationFailed, parse
from shared.settings import LimitSettings
from shared.tokens.upload_token import OPERATIONS

ID = "6f1c0d7e-8f0e-4a55-9b0c-0a1b2c3d4e5f"
LIMITS = LimitSettings(accepted_types="image/jpeg,image/png")


def wish(**changes):
    return parse(UploadTokenRequest, {"project_id": ID, **changes}).wish(LIMITS)


def test_by_default_every_operation_and_every_accepted_type_is_meant():
    assert wish().operations == OPERATIONS
    assert wish().types == LIMITS.accepted_types


@pytest.mark.parametrize(
    ("field", "values"),
    [
        ("max_files", (1, 10_000)),
        ("max_bytes", (1, 10**12, None)),
        ("expires_in_seconds", (60, 86_400)),
        ("operations", (["upload"], ["status"], ["upload", "status", "upload"])),
        ("types", (["image/png"], ["image/jpeg", "image/png"], None)),
    ],
)
def test_the_ends_of_what_may_be_allowed_are_allowed(field, values):
    for value in values:
        wish(**{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("project_id", "x"),
        ("project_id", None),
        ("operations", []),
        ("operations", ["upload", "delete"]),
        ("operations", "upload"),
        ("operations", None),
        *(("max_files", value) for value in (0, -1, 10_001, 1.0, "5", True, None)),
        *(("max_bytes", value) for value in (0, -1, 10**12 + 1, 1.5, "5", True)),
        *(("types", value) for value in ([], ["image/gif"], ["image/png", "text/html"], "image/png", [1], [None])),
        *(("expires_in_seconds", value) for value in (59, 86_401, 0, -60, "60", 60.0, True, None)),
        ("actor_id", "eve"),
        ("org_id", ID),
        ("token_id", ID),
        ("expires_at", 4_000_000_000),
    ],
)
def test_what_may_not_be_allowed_is_named(field, value):
    with pytest.raises(ValidationFailed) as refused:
        wish(**{field: value})

    assert {e["pointer"].split("/")[1] for e in refused.value.facts["errors"]} == {field}


def test_a_type_is_not_repeated_at_length():
    with pytest.raises(ValidationFailed) as refused:
        wish(types=["x" * 100_000])

    assert len(refused.value.message) < 500
