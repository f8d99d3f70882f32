"""The control API of Cloudinary's stand-in: what it tells beyond what every stand-in tells.

Below `/_stand-in/`, without credentials:

    assets      GET, DELETE: {"assets": [...]}
    rate-limit  GET, POST {"limit": n}: {"limit", "remaining", "reset"}
"""

from local.stand_in.cloud import Cloud
from local.stand_in.describe import describe_stored
from local.stand_in_parts.control import control, json_order
from local.stand_in_parts.replies import BAD_REQUEST, Refused, Reply, json_reply
from local.stand_in_parts.request import Request


def control_cloud(cloud: Cloud, request: Request) -> Reply:
    """Each path answers GET with what there is now, whatever else was asked of it before."""
    match request.method, request.parts:
        case "GET" | "DELETE" as method, ["_stand-in", "assets"]:
            return _assets(cloud, method)
        case "GET" | "POST" as method, ["_stand-in", "rate-limit"]:
            return _rate_limit(cloud, method, request)
    return control(cloud, request)


def _assets(cloud: Cloud, method: str) -> Reply:
    if method == "DELETE":
        cloud.assets.clear()
    return json_reply({"assets": [describe_stored(asset) for asset in cloud.assets.all()]})


def _rate_limit(cloud: Cloud, method: str, request: Request) -> Reply:
    if method == "POST":
        sent = json_order(request)
        limit = sent.get("limit") if isinstance(sent, dict) else None
        if type(limit) is not int or limit < 0:
            raise Refused(BAD_REQUEST, 'Expected {"limit": n} with a whole number from 0.')
        cloud.rate_limit.set(limit)
    return json_reply(cloud.rate_limit.facts())
