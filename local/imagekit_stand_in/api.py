"""The API: what each operation does to the library, and what it answers."""

import json
import re
import secrets
from datetime import UTC, datetime
from urllib.parse import parse_qs, urlsplit

from local.imagekit_stand_in.kit import Kit
from local.imagekit_stand_in.library import Kept
from local.stand_in_parts.images import look_at
from local.stand_in_parts.replies import Refused, Reply, json_reply
from local.stand_in_parts.request import Request
from local.stand_in_parts.sources import open_source

# Whatever else stands in a name becomes an underscore.
NAME_NOT = re.compile(r"[^A-Za-z0-9.-]")
FOLDER_NOT = re.compile(r"[^A-Za-z0-9/_-]")
SEARCH = re.compile(r'name ?= ?"([^"]*)"')
MIMES = {"jpg": "image/jpeg", "tif": "image/tiff", "ico": "image/x-icon"}
LONGEST_TAGS = 500
# What an optimiser leaves of a photo is no longer what was uploaded.
OPTIMISED = b"\0optimised"


def upload(kit: Kit, request: Request, *, truncated: bool) -> Reply:
    form = request.form
    name, tags = form.text("fileName"), [tag for tag in form.text("tags").split(",") if tag]
    if not name:
        raise Refused(400, "Missing fileName parameter for upload")
    if sum(map(len, tags)) > LONGEST_TAGS or "%" in form.text("tags"):
        raise Refused(400, "Invalid tags: at most 500 characters, and no %")
    path = re.sub("/+", "/", f"/{FOLDER_NOT.sub('_', form.text('folder'))}/{NAME_NOT.sub('_', name)}")
    if form.flag("useUniqueFileName", default=True):
        path += f"_{secrets.token_urlsafe(6)}"
    elif kit.library.at(path) and not form.flag("overwriteFile", default=True):
        raise Refused(400, "A file with the same name already exists at the exact location.")
    content = _content(request)
    if truncated:
        content = content[: len(content) // 2]
    kept = kit.library.put(_kept(path, content, tags), content)
    return json_reply(_described(kit, kept))


def listed(kit: Kit, request: Request) -> Reply:
    query = {name: values[-1] for name, values in parse_qs(urlsplit(request.target).query).items()}
    search = query.get("searchQuery", "")
    wanted = SEARCH.fullmatch(search)
    if search and not wanted:
        raise Refused(400, "Invalid search query")
    folder, limit = query.get("path", "").strip("/"), int(query.get("limit", "1000"))
    found = [
        _detailed(kit, kept)
        for kept in kit.library.all()
        if (not folder or kept.folder.strip("/") == folder) and (not wanted or kept.name == wanted[1])
    ]
    return json_reply(found[:limit])


def details(kit: Kit, request: Request) -> Reply:
    kept = kit.library.find(request.parts[2])
    if kept is None:
        raise Refused(404, "The requested file does not exist.")
    return json_reply(_detailed(kit, kept))


def delete(kit: Kit, request: Request) -> Reply:
    if not kit.library.remove(request.parts[2]):
        raise Refused(404, "The requested file does not exist.")
    return Reply(204, b"")


def purge(kit: Kit, request: Request) -> Reply:
    try:
        url = str(json.loads(request.body)["url"])
    except (ValueError, KeyError, TypeError):
        raise Refused(400, "Your request is missing URL parameter.") from None
    if not url.startswith(kit.url_endpoint):
        raise Refused(400, "The URL is not one of this account.")
    kit.edge.purge(url.removeprefix(kit.base_url))
    return json_reply({"requestId": secrets.token_hex(12)}, 201)


def deliver(kit: Kit, request: Request) -> Reply:
    copy = kit.edge.find(request.target)
    if copy is not None:
        return copy
    _, *rest = request.parts
    kept = kit.library.at("/" + "/".join(rest))
    if kept is None:
        return Reply(404, b"Not Found", "text/plain", {"ik-error": "ENOENT - No file was found"})
    content = kit.library.content(kept)
    if "tr=orig-true" not in urlsplit(request.target).query.split("&"):
        content += OPTIMISED
    reply = Reply(200, content, kept.mime, {"Cache-Control": "public, max-age=31536000"})
    kit.edge.keep(request.target, reply)
    return reply


def _content(request: Request) -> bytes:
    try:
        return open_source(request.form.file).content
    except Refused as error:
        raise Refused(400, f"Could not download the file or read it: {error.message}") from error


def _kept(path: str, content: bytes, tags: list[str]) -> Kept:
    now = datetime.now(UTC).isoformat()
    picture = look_at(content)
    mime = MIMES.get(picture.format, f"image/{picture.format}") if picture else "application/octet-stream"
    ids = (secrets.token_hex(12), secrets.token_hex(12))
    width, height = (picture.width, picture.height) if picture else (None, None)
    return Kept(*ids, path, len(content), now, now, mime, width, height, tuple(tags))


def _described(kit: Kit, kept: Kept) -> dict[str, object]:
    return {
        "fileId": kept.file_id,
        "name": kept.name,
        "size": kept.size,
        "versionInfo": {"id": kept.version_id, "name": "Version 1"},
        "filePath": kept.path,
        "url": kit.url_endpoint + kept.path,
        "fileType": "image" if kept.mime.startswith("image/") else "non-image",
        "height": kept.height,
        "width": kept.width,
        "AITags": None,
    }


def _detailed(kit: Kit, kept: Kept) -> dict[str, object]:
    return {
        **_described(kit, kept),
        "type": "file",
        "mime": kept.mime,
        "tags": list(kept.tags) or None,
        "isPrivateFile": False,
        "createdAt": kept.created_at,
        "updatedAt": kept.updated_at,
    }
