"""Every route of the API, and the function that serves it; the template declares the same ones."""

import re
from collections.abc import Mapping

ROUTES: Mapping[str, str] = {
    "POST /api/v1/photos": "upload",
    "POST /photo-upload": "upload",
    "POST /.netlify/functions/photo-upload": "upload",
    "POST /api/v1/photos/upload-url": "upload_url",
    "GET /api/upload-url": "upload_url",
    "POST /api/v1/photos/{id}/complete": "upload_complete",
    "POST /api/upload-complete": "upload_complete",
    "GET /api/v1/photos/{id}": "photos",
    "GET /health": "progress",
    "$default": "progress",
}


def allowed_methods(path: str) -> list[str]:
    """The methods that some route takes on this path; a path without any does not exist."""
    found = (route.split(" ", 1) for route in ROUTES if " " in route)
    return sorted({method for method, template in found if _matches(template, path)})


def _matches(template: str, path: str) -> bool:
    pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
    return re.fullmatch(pattern, path) is not None
