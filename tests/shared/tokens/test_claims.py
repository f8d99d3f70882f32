"""Every claim must be there, of its type, and within its limits."""

from uuid import UUID

import pytest

from shared.errors import Unauthenticated
from shared.tokens.claims import Claims, Expected, read_claims

NOW = 1_800_000_000
ORG = "6f1c0d7e-8f0e-4a55-9b0c-0a1b2c3d4e5f"
YEAR = 366 * 24 * 3600
EXPECTED = Expected(issuer="https://issuer.example", audience="keepsake", leeway=60)
GOOD = {
    "iss": "https://issuer.example",
    "aud": "keepsake",
    "sub": "user-1",
    "org": ORG,
    "iat": NOW - 10,
    "exp": NOW + 600,
    "scope": "photos:write photos:read",
}


def read(claims: dict[str, object]) -> Claims:
    """Read a good payload with these claims put in; one given as ... is left out."""
    payload = {name: value for name, value in {**GOOD, **claims}.items() if value is not ...}
    return read_claims(payload, EXPECTED, NOW)


WRONG_CLAIMS = [
    *[({name: ...}, "claims_invalid") for name in ("exp", "iat", "iss", "aud", "sub", "org")],
    *[({"exp": value}, "claims_invalid") for value in (True, None, "1800000600", 1_800_000_600.0, [], {})],
    *[({"iat": value}, "claims_invalid") for value in (False, None, "1799999990", 1_799_999_990.5)],
    *[({"nbf": value}, "claims_invalid") for value in (True, None, "1", 1.0)],
    ({"exp": NOW - 60}, "token_expired"),
    ({"exp": NOW - 61}, "token_expired"),
    ({"exp": 0}, "token_expired"),
    ({"exp": -(10**300), "iat": -(10**300)}, "token_expired"),
    ({"iat": NOW - 10, "exp": NOW - 10 + YEAR + 1}, "token_lifetime"),
    ({"exp": 10**300}, "token_lifetime"),
    ({"iat": 0}, "token_lifetime"),
    ({"iat": NOW + 61}, "token_not_yet_valid"),
    ({"iat": NOW + YEAR, "exp": NOW + 2 * YEAR}, "token_not_yet_valid"),
    ({"nbf": NOW + 61}, "token_not_yet_valid"),
    ({"nbf": 10**300}, "token_not_yet_valid"),
    *[
        ({"iss": value}, "issuer_unknown")
        for value in ("", "https://issuer.example/", "HTTPS://issuer.example", "https://issuer.example.evil")
    ],
    *[({"iss": value}, "claims_invalid") for value in (None, 1, ["https://issuer.example"])],
    *[({"aud": value}, "audience_mismatch") for value in ("", "keepsake2", "keep", "Keepsake", [], ["other"])],
    *[({"aud": value}, "claims_invalid") for value in (None, 1, {"keepsake": 1}, [["keepsake"]], ["keepsake", 1])],
    *[
        ({"sub": value}, "claims_invalid")
        for value in ("", "s" * 256, "a\x00", "a\nb", "a\x7f", "a\u2028", "\u202eevil", "\ud800", 1, None, [])
    ],
    *[
        ({"org": value}, "claims_invalid")
        for value in (
            "",
            "acme",
            ORG[:-1],
            ORG.replace("-", ""),
            f"{{{ORG}}}",
            f"urn:uuid:{ORG}",
            f"{ORG}\n",
            1,
            None,
        )
    ],
    *[
        ({"scope": value}, "claims_invalid")
        for value in (["photos:read"], None, 1, "a  b", " a", "a ", "a\tb", 'a"b', "é")
    ],
    *[({"token_use": value}, "not_an_access_token") for value in ("id", "refresh", None, 1)],
    *[({"typ": value}, "not_an_access_token") for value in ("ID", "Refresh", "Offline")],
    ({"at_hash": "x"}, "not_an_access_token"),
    ({"c_hash": "x"}, "not_an_access_token"),
]


@pytest.mark.parametrize(("claims", "expected"), WRONG_CLAIMS, ids=repr)
def test_a_wrong_claim_is_refused(claims, expected):
    with pytest.raises(Unauthenticated) as refused:
        read(claims)

    assert refused.value.facts == {"reason": expected}


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": NOW - 59},
        {"iat": NOW + 60},
        {"nbf": NOW + 60},
        {"nbf": 0},
        {"iat": NOW, "exp": NOW + YEAR},
        {"aud": ["other", "keepsake"]},
        {"sub": "s" * 255},
        {"sub": "Zoë Ångström"},
        {"org": ORG.upper()},
        {"scope": ""},
        {"scope": ...},
        {"token_use": "access"},
        {"typ": "Bearer"},
        {"something": {"else": [1, 2.5, None]}},
    ],
    ids=repr,
)
def test_the_last_value_inside_each_limit_is_accepted(claims):
    assert read(claims).org_id == UUID(ORG)


def test_no_scope_means_no_scopes():
    assert read({"scope": ...}).scopes == read({"scope": ""}).scopes == frozenset()
