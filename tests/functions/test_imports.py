"""Importing a handler does nothing: no setting, no connection, no vendor."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
HANDLERS = sorted(path.parent.name for path in (ROOT / "functions").glob("*/handler.py"))
VENDORS = ("boto3", "botocore", "psycopg", "PIL", "cloudinary", "aws_lambda_powertools", "jwt")


@pytest.mark.parametrize("name", HANDLERS)
def test_a_handler_can_be_imported_in_an_empty_environment(name):
    code = f"import sys, functions.{name}.handler as h; h.lambda_handler; print(*sys.modules)"

    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env={}, capture_output=True, text=True, check=False)

    assert run.returncode == 0, run.stderr
    assert not set(VENDORS) & set(run.stdout.split())


def test_all_missing_settings_are_named_at_once():
    code = (
        "from functions.upload_url.handler import lambda_handler as h;"
        "print(h({'routeKey': 'POST /api/v1/photos/upload-url', 'requestContext': {'http': {}}}, None)['body'])"
    )

    run = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={"URL_SECONDS": "1"}, capture_output=True, text=True, check=True
    )

    for name in ("BUCKET", "AWS_REGION", "DATABASE_URL", "URL_SECONDS"):
        assert name in run.stdout
