"""Signatures: whether a call is signed by someone who knows the secret."""

import hashlib
import hmac
from datetime import UTC, datetime

from local.stand_in.cloud import Cloud
from local.stand_in.faults import Operation
from local.stand_in_parts.forms import Form
from local.stand_in_parts.replies import BAD_REQUEST, UNAUTHORIZED, Refused, missing

NEVER_SIGNED = frozenset({"file", "api_key", "signature", "signature_algorithm", "cloud_name", "resource_type"})
NOTICES = frozenset({"notification_url", "batch_id"})
LABEL_CALLS = frozenset({Operation.TAGS, Operation.CONTEXT})
SIGNATURE_LIFE = 3600
SHA256_HEX_LENGTH = 64


def string_to_sign(form: Form, operation: Operation) -> str:
    """Join the sorted parameters; an ampersand inside one is escaped, or it could pass for two."""
    left_out = NEVER_SIGNED | NOTICES if operation in LABEL_CALLS else NEVER_SIGNED
    signed = {name: ",".join(values) for name, values in form.fields.items() if name not in left_out}
    pairs = (f"{name}={value}".replace("&", "%26") for name, value in signed.items() if value)
    return "&".join(sorted(pairs))


def digest(text: str, algorithm: str) -> str:
    hasher = hashlib.sha256 if algorithm == "sha256" else hashlib.sha1
    return hasher(text.encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def sign_reply(cloud: Cloud, public_id: str, version: int, algorithm: str) -> str:
    return digest(f"public_id={public_id}&version={version}{cloud.api_secret}", algorithm)


def check_signature(cloud: Cloud, form: Form, operation: Operation) -> str:
    """Refuse a call that is not signed by our secret within the hour; answer the algorithm it used."""
    _check_caller(cloud, form)
    signature, timestamp = form.text("signature"), form.text("timestamp")
    algorithm = form.text("signature_algorithm") or _algorithm_of(signature)
    if algorithm not in {"sha1", "sha256"}:
        raise Refused(BAD_REQUEST, f"Invalid signature_algorithm {algorithm}: use sha1 or sha256")
    to_sign = string_to_sign(form, operation)
    expected = digest(to_sign + cloud.api_secret, algorithm)
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise Refused(UNAUTHORIZED, f"Invalid Signature {signature}. String to sign - '{to_sign}'.")
    _check_timestamp(timestamp, cloud.clock())
    return algorithm


def _algorithm_of(signature: str) -> str:
    """Tell by its length: the SDK never names the algorithm it was configured with."""
    return "sha256" if len(signature) == SHA256_HEX_LENGTH else "sha1"


def _check_caller(cloud: Cloud, form: Form) -> None:
    if not form.text("api_key") and not form.text("signature"):
        raise Refused(BAD_REQUEST, "Upload preset must be specified when using unsigned upload")
    for name in ("api_key", "signature", "timestamp"):
        if not form.text(name):
            raise missing(name)
    if form.text("api_key") != cloud.api_key:
        raise Refused(UNAUTHORIZED, f"Unknown API key {form.text('api_key')}")


def _check_timestamp(sent: str, now: float) -> None:
    # Twelve digits are far beyond any date that can be shown, and keep fromtimestamp from overflowing.
    if not (sent.isascii() and sent.isdigit() and len(sent) < 12):
        raise Refused(BAD_REQUEST, f"Invalid timestamp {sent}: seconds since 1970 are expected")
    age = now - int(sent)
    if abs(age) > SIGNATURE_LIFE:
        when = datetime.fromtimestamp(int(sent), UTC).strftime("%Y-%m-%d %H:%M:%S +0000")
        side = "ago" if age > 0 else "ahead"
        raise Refused(BAD_REQUEST, f"Stale request - reported time is {when} which is more than 1 hour {side}")
