"""How the names in SAM's OpenAPI body become real ones."""

import pytest

from local.routes import Names, cors
from shared.errors import Misconfigured

NAMES = Names(physical={"HelloAlias": "arn:hello:live", "Auth": "keepsake-auth"}, parameters={"Origin": "http://o"})


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ({"Ref": "Origin"}, "http://o"),
        ({"Ref": "AWS::Region"}, "us-east-1"),
        ({"Fn::GetAtt": ["Auth", "Arn"]}, "arn:aws:lambda:us-east-1:000000000000:function:keepsake-auth"),
        ({"Fn::Sub": "${AWS::Partition}/${HelloAlias}/x"}, "aws/arn:hello:live/x"),
        ({"Fn::Sub": "${Auth.Arn}/x"}, "arn:aws:lambda:us-east-1:000000000000:function:keepsake-auth/x"),
        ({"Fn::Sub": ["${it}/x", {"it": {"Ref": "Origin"}}]}, "http://o/x"),
    ],
)
def test_intrinsic_functions_are_followed_down_to_text(value, text):
    assert NAMES.resolve(value) == text


@pytest.mark.parametrize("value", [{"Ref": "Nobody"}, {"Fn::Sub": "${Nobody}"}, {"Fn::If": ["A", "b", "c"]}])
def test_what_cannot_be_resolved_is_named(value):
    with pytest.raises(Misconfigured, match=r"Nobody|Fn::If"):
        NAMES.resolve(value)


def test_cors_settings_are_spelt_as_the_gateway_wants_them():
    found = cors(
        {"allowOrigins": "http://a, http://b", "allowMethods": ["GET"], "maxAge": 600, "allowCredentials": False}
    )

    assert found == {
        "AllowOrigins": ["http://a", "http://b"],
        "AllowMethods": ["GET"],
        "MaxAge": 600,
        "AllowCredentials": False,
    }
