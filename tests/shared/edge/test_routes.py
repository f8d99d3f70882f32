"""The table of routes, the template and the functions say the same."""

from pathlib import Path

import pytest

from local.template import load
from shared.edge.routes import ROUTES, allowed_methods

ROOT = Path(__file__).parents[3]


def test_the_template_declares_exactly_the_routes_of_the_table():
    assert _declared() == dict(ROUTES)


def test_every_function_of_the_template_exists_and_every_existing_one_is_deployed():
    deployed = {name.removesuffix("/").split("/")[-1] for name in _folders()}

    assert deployed == {path.parent.name for path in (ROOT / "functions").glob("*/handler.py")}


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/health", ["GET"]),
        ("/api/v1/photos/abc", ["DELETE", "GET"]),
        ("/api/v1/photos/abc/complete", ["POST"]),
        ("/api/v1/photos/a/b/complete", []),
        ("/api/v1/photos/", []),
        ("/nowhere", []),
        ("$default", []),
    ],
)
def test_a_known_path_knows_its_methods(path, methods):
    assert allowed_methods(path) == methods


def _declared():
    found = {}
    for resource in _functions():
        for event in resource["Properties"].get("Events", {}).values():
            if event["Type"] == "HttpApi":
                at = event["Properties"]
                route = at["Path"] if at["Path"] == "$default" else f"{at['Method']} {at['Path']}"
                found[route] = resource["Properties"]["CodeUri"].strip("/").split("/")[-1]
    return found


def _folders():
    return [resource["Properties"]["CodeUri"] for resource in _functions()]


def _functions():
    resources = load(ROOT / "template.yaml")["Resources"].values()
    return [r for r in resources if r["Type"] == "AWS::Serverless::Function"]
