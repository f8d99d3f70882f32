"""POST /api/v1/photos, /photo-upload and /.netlify/functions/photo-upload: the form door."""

from functions.upload.schemas import FormFields
from shared.deps import Deps
from shared.edge.endpoint import Endpoint
from shared.edge.multipart import Form, parse_form
from shared.edge.parse import parse
from shared.edge.request import Request, usable_key
from shared.edge.response import Response
from shared.errors import IdempotencyKeyInvalid, IdempotencyKeyMissing
from shared.log import log
from shared.photos import Declared, Door, ImageFacts, Intention
from shared.uploads.judge import judge
from shared.uploads.names import display_name
from shared.uploads.receive import Photo, Received, receive
from shared.uploads.view import reply_view


def upload(request: Request, deps: Deps) -> Response:
    """Understand the form, judge the image, see it stored."""
    caller = request.caller_for("upload")
    form = parse_form(request, max_file_bytes=deps.limits.max_form_bytes)
    fields = parse(FormFields, dict(form.fields))
    key = _key(request, fields)
    log.bind(idempotency_key=key, **fields.target_ids)
    image = judge(form.file.content, form.file.declared_mime, deps)
    intention = _intention(form, fields, key, image)
    photo = Photo(form.file.content, form.file.md5, image, fields.completed_at)
    received = receive(caller, intention, photo, deps, request.budget)
    return _answer(received, request, deps)


def _key(request: Request, fields: FormFields) -> str:
    in_header = request.idempotency_key
    in_field = None if fields.idempotency_key is None else usable_key(fields.idempotency_key)
    if in_header and in_field and in_header != in_field:
        raise IdempotencyKeyInvalid("The Idempotency-Key header and the idempotencyKey field differ: send one.")
    key = in_header or in_field
    if not key:
        raise IdempotencyKeyMissing(
            "Send an Idempotency-Key header (or an idempotencyKey field) of your own making, the same on every retry."
        )
    return key


def _intention(form: Form, fields: FormFields, key: str, image: ImageFacts) -> Intention:
    declared = Declared(display_name(form.file.file_name), form.file.size, image.mime, form.file.sha256)
    details = {"md5": form.file.md5, **fields.details}
    return Intention(Door.FORM, key, fields.target, declared, details)


def _answer(received: Received, request: Request, deps: Deps) -> Response:
    headers = {**received.headers, **({"Idempotency-Replayed": "true"} if received.replayed else {})}
    return Response(received.reply.status, reply_view(received.reply, deps, request.base_url), headers)


lambda_handler = Endpoint(
    {
        "POST /api/v1/photos": upload,
        "POST /photo-upload": upload,
        "POST /.netlify/functions/photo-upload": upload,
        "POST /u/{token}/photos": upload,
    },
    needs=("ledger", "parking", "direct_store", "stores", "bell", "alarm", "limits", "upload_tokens"),
)
