"""What is told about a running stack: to a person on the screen, to programs in stack.json."""

import hashlib
import json
import shlex
from pathlib import Path

from local.home import write_private
from local.sample import ensure_sample
from local.stack import Stack

FACTS = (
    "api",
    "console",
    "token",
    "admin_token",
    "database_url",
    "s3_endpoint",
    "bucket",
    "cloudinary_url",
    "stand_in",
    "project_id",
    "team_id",
    "location_ids",
    "venue_id",
)

# One command, so that a pasted one stops at the first refusal; printf, because zsh's echo eats backslashes.
FIRST_UPLOAD = """\
API={api} PHOTO={photo} TOKEN={token} && \\
ANSWER=$(curl -sS "$API/api/v1/photos/upload-url" -H "Authorization: Bearer $TOKEN" \\
  -H "Idempotency-Key: $(python3 -c 'import uuid; print(uuid.uuid4())')" -H "Content-Type: application/json" \\
  -d {request}) && \\
SETTINGS=$(printf %s "$ANSWER" | python3 -c {curl_settings}) && \\
printf %s "$SETTINGS" | curl -sS --fail-with-body -T "$PHOTO" -K - && \\
PHOTO_URL="$API/api/v1/photos/$(printf %s "$ANSWER" | python3 -c {photo_id})" && \\
curl -sS --fail-with-body -X POST "$PHOTO_URL/complete" -H "Authorization: Bearer $TOKEN" -o /dev/null && \\
curl -sS "$PHOTO_URL" -H "Authorization: Bearer $TOKEN" | python3 -m json.tool
"""
CURL_SETTINGS = (
    "import json, sys; a = json.load(sys.stdin); "
    '"upload_url" in a or sys.exit("refused: " + json.dumps(a)); '
    'print("url =", json.dumps(a["upload_url"])); '
    '[print("header =", json.dumps(k + ": " + v)) for k, v in a["headers"].items()]'
)
PHOTO_ID = 'import json, sys; print(json.load(sys.stdin)["photo_id"])'

SCREEN = """
Keepsake is running.  Ctrl-C ends it; everything is kept in {home}.

  API              {api}
  Developer token  {token}
  Admin token      {admin_token}

What the functions wrote: make logs.  What the embedded parts wrote: {home}/logs.

Upload a photo and look at it (also as: sh {script}):

{first_upload}"""


def write_facts(stack: Stack) -> Path:
    """Put stack.json in place, for programs."""
    file = stack.home / "stack.json"
    write_private(file, json.dumps({name: getattr(stack, name) for name in FACTS}, indent=2) + "\n")
    return file


def screen(stack: Stack) -> str:
    """What a person needs."""
    script = stack.home / "first-upload.sh"
    commands = first_upload(stack)
    write_private(script, commands)
    return SCREEN.format(
        home=stack.home,
        api=stack.api,
        token=stack.token,
        admin_token=stack.admin_token,
        script=shlex.quote(str(script)),
        first_upload=commands,
    )


def first_upload(stack: Stack) -> str:
    """Commands for bash or zsh that need nothing but curl and python3."""
    photo = ensure_sample(stack.home)
    content = photo.read_bytes()
    request = {
        "project_id": stack.project_id,
        "file_name": photo.name,
        "file_size": len(content),
        "mime_type": "image/jpeg",
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return FIRST_UPLOAD.format(
        api=stack.api,
        photo=shlex.quote(str(photo)),
        token=stack.token,
        request=shlex.quote(json.dumps(request)),
        curl_settings=shlex.quote(CURL_SETTINGS),
        photo_id=shlex.quote(PHOTO_ID),
    )
