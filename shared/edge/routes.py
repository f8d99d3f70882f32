"""Every route of the API, and the function that serves it; the template declares the same ones."""

import re
from collections.abc import Mapping

# What Uppy asks, with a bearer token, or with an upload token in the path.
UPPY = (
    ("GET", "/s3/params"),
    ("POST", "/s3/multipart"),
    ("GET", "/s3/multipart/{uploadId}"),
    ("DELETE", "/s3/multipart/{uploadId}"),
    ("GET", "/s3/multipart/{uploadId}/batch"),
    ("GET", "/s3/multipart/{uploadId}/{partNumber}"),
    ("POST", "/s3/multipart/{uploadId}/complete"),
    ("POST", "/s3/sign"),
    ("POST", "/s3/presign"),
)

ROUTES: Mapping[str, str] = {
    "POST /api/v1/photos": "upload",
    "POST /photo-upload": "upload",
    "POST /.netlify/functions/photo-upload": "upload",
    "POST /u/{token}/photos": "upload",
    "POST /api/v1/photos/upload-url": "upload_url",
    "GET /api/upload-url": "upload_url",
    "POST /api/v1/photos/upload-urls": "upload_url",
    "POST /api/v1/photos/check": "upload_url",
    "POST /api/v1/upload-tokens": "upload_url",
    "GET /api/v1/upload-tokens/{id}": "upload_url",
    "DELETE /api/v1/upload-tokens/{id}": "upload_url",
    "POST /api/v1/photos/{id}/complete": "upload_complete",
    "POST /api/upload-complete": "upload_complete",
    **{f"{method} {prefix}{path}": "uppy" for prefix in ("", "/u/{token}") for method, path in UPPY},
    "GET /api/v1/photos": "photos",
    "GET /api/v1/photos/search": "photos",
    "GET /api/v1/photos/{id}": "photos",
    "GET /api/v1/photos/{id}/exif": "photos",
    "PATCH /api/v1/photos/{id}/status": "photos",
    "DELETE /api/v1/photos/{id}": "photos",
    "POST /api/v1/photos/{id}/retry-processing": "photos",
    "POST /api/v1/venues/{id}/images": "import_images",
    "GET /api/v1/venues/{id}/images": "import_images",
    "POST /api/v1/webhooks": "webhooks",
    "GET /api/v1/webhooks": "webhooks",
    "DELETE /api/v1/webhooks/{id}": "webhooks",
    "GET /api/v1/webhooks/{id}/deliveries": "webhooks",
    "POST /api/v1/webhooks/{id}/test": "webhooks",
    "POST /api/v1/deliveries/{id}/resend": "webhooks",
    "GET /api/processing-stats": "progress",
    "GET /api/sse/processing-updates": "progress",
    "GET /u/{token}/processing-updates": "progress",
    "GET /api/telemetry": "progress",
    "POST /api/v1/retry-failed": "retry_failed",
    "POST /api/v1/audit": "audit",
    "GET /api/admin/reports/{name}": "admin",
    "GET /api/admin/failures": "admin",
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
