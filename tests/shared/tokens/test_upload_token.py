"""An upload token says exactly what was signed, to the deployment that signed it, until it ends."""

import hmac
import json
import string
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import Misconfigured, Unauthenticated
from shared.photos import Caller, UploadToken
from shared.tokens.reasons import Reason
from shared.tokens.upload_token import MAX_CHARACTERS, OPERATIONS, PREFIX, STATUS, UPLOAD, UploadTokens
from shared.tokens.upload_token_json import from_context, to_context

KEY = b"0123456789abcdef0123456789abcdef"
NOW = datetime(2027, 1, 15, 8, 0, tzinfo=UTC)
TOKEN = UploadToken(
    id=UUID(int=1),
    project_id=UUID(int=2),
    operations=frozenset({UPLOAD, STATUS}),
    types=frozenset({"image/jpeg", "image/png"}),
    expires_at=NOW + timedelta(hours=1),
)
ANN = Caller("ann", UUID(int=3), upload_token=TOKEN)
SIGNED = "keepsake upload token 1: "


@dataclass
class Clock:
    now: datetime = NOW

    def __call__(self) -> datetime:
        return self.now


TOKENS = UploadTokens(KEY, Clock())


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def refused(text, tokens=TOKENS) -> str:
    with pytest.raises(Unauthenticated) as error:
        tokens.read(text)
    return error.value.facts["reason"]


def signed(payload: bytes, purpose=SIGNED) -> str:
    text = b64(payload)
    return f"{PREFIX}{text}.{b64(hmac.digest(KEY, (purpose + text).encode(), 'sha256'))}"


def test_what_was_minted_is_what_is_read():
    assert TOKENS.read(TOKENS.mint(ANN)) == ANN


@given(
    actor=st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=255),
    org=st.uuids(),
    types=st.frozensets(st.sampled_from(["image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"])),
    operations=st.frozensets(st.sampled_from(sorted(OPERATIONS)), min_size=1),
)
def test_any_caller_survives_the_way_through_a_path(actor, org, types, operations):
    caller = Caller(actor, org, upload_token=replace(TOKEN, types=types, operations=operations))

    text = TOKENS.mint(caller)

    assert set(text) <= set(string.ascii_letters + string.digits + "-_.")
    assert len(text) <= MAX_CHARACTERS
    assert TOKENS.read(text) == caller


def test_the_same_token_is_the_same_text():
    assert TOKENS.mint(ANN) == UploadTokens(KEY, Clock(NOW + timedelta(seconds=9))).mint(ANN)


def test_scopes_are_not_handed_on():
    caller = replace(ANN, scopes=frozenset({"admin"}))

    assert TOKENS.read(TOKENS.mint(caller)).scopes == frozenset()


def test_it_ends_with_the_second_it_names_and_not_later():
    clock = Clock()
    tokens = UploadTokens(KEY, clock)
    text = tokens.mint(ANN)

    clock.now = TOKEN.expires_at - timedelta(microseconds=1)
    assert tokens.read(text) == ANN
    clock.now = TOKEN.expires_at
    assert refused(text, tokens) == Reason.EXPIRED


def test_an_expiry_is_a_whole_second_so_that_the_token_and_the_database_mean_the_same():
    tokens = UploadTokens(KEY, Clock(NOW.replace(microsecond=999_999)))

    ends = tokens.expiry(60)

    assert ends == NOW + timedelta(seconds=60)
    assert tokens.read(tokens.mint(replace(ANN, upload_token=replace(TOKEN, expires_at=ends)))).upload_token
    assert ends.microsecond == 0


def test_every_changed_character_is_noticed():
    text = TOKENS.mint(ANN)

    for at, old in enumerate(text):
        changed = text[:at] + ("A" if old != "A" else "B") + text[at + 1 :]
        assert refused(changed) in {Reason.SIGNATURE, Reason.NOT_MINTED}


@pytest.mark.parametrize(
    "form",
    [
        "",
        " {}",
        "{} ",
        "{}\n",
        "{}=",
        "{}.",
        "{}.x",
        "{}{}",
        "x{}",
        "{}%3D",
        "Bearer {}",
        "{}\x00",
        "é{}",
        "kst1_.",
        "kst1_",
    ],
)
def test_anything_around_the_token_is_refused(form):
    text = TOKENS.mint(ANN)

    assert refused(form.replace("{}", text)) in {Reason.NOT_MINTED, Reason.SIGNATURE}


@pytest.mark.parametrize(
    "change", [str.upper, str.swapcase, lambda text: text[::-1], lambda text: text.replace("_", "/", 1)]
)
def test_another_spelling_is_another_token(change):
    assert refused(change(TOKENS.mint(ANN))) in {Reason.NOT_MINTED, Reason.SIGNATURE}


def test_a_signature_has_one_spelling():
    """The last character of 32 bytes has two bits to spare: the same bytes could be written in four ways."""
    text = TOKENS.mint(ANN)
    alphabet = string.ascii_uppercase + string.ascii_lowercase + string.digits + "-_"
    spare = alphabet.index(text[-1])
    twins = [text[:-1] + alphabet[spare + n] for n in (1, 2, 3)]
    raw = [urlsafe_b64decode(one.rpartition(".")[2] + "=") for one in (text, *twins)]
    assert len(set(raw)) == 1

    assert {refused(twin) for twin in twins} == {Reason.SIGNATURE}


def test_a_huge_text_is_refused_before_it_is_looked_at():
    assert refused(PREFIX + "A" * 1_000_000) == Reason.NOT_MINTED
    assert refused(signed(said(types=["image/png"] * 400))) == Reason.NOT_MINTED


def test_another_key_signs_other_tokens():
    other = UploadTokens(KEY[::-1], Clock())

    assert refused(other.mint(ANN)) == Reason.SIGNATURE


def test_what_the_key_signed_for_another_purpose_is_no_upload_token():
    """The key may be shared by mistake: neither a bare signature nor one of a JWT's kind passes."""
    payload = urlsafe_b64decode(TOKENS.mint(ANN)[len(PREFIX) :].partition(".")[0] + "==")
    assert TOKENS.read(signed(payload)) == ANN

    for purpose in ("", "keepsake upload token 2: ", b64(b'{"alg":"HS256"}') + ".", PREFIX):
        assert refused(signed(payload, purpose)) == Reason.SIGNATURE


def said(**changes) -> bytes:
    good = {
        "org": str(ANN.org_id),
        "actor": "ann",
        "id": str(TOKEN.id),
        "project_id": str(TOKEN.project_id),
        "operations": ["upload"],
        "types": ["image/png"],
        "expires_at": int(TOKEN.expires_at.timestamp()),
    }
    return json.dumps({name: value for name, value in {**good, **changes}.items() if value is not ...}).encode()


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"[]",
        b"1",
        b"null",
        b"\xff\xfe",
        b"{",
        *(said(**{name: ...}) for name in ("org", "actor", "id", "project_id", "operations", "types", "expires_at")),
        *(said(expires_at=value) for value in (None, "4000000000", 4e9, True, 10**30, -(10**30))),
        *(said(operations=value) for value in ("upload", [1], None, {"upload": 1})),
        said(id="1"),
        said(org=5),
        said(actor=None),
        said(actor=""),
    ],
)
def test_what_is_signed_but_not_as_we_write_it_is_refused_and_no_bug(payload):
    assert refused(signed(payload)) == Reason.NOT_MINTED


@pytest.mark.parametrize("length", [0, 31])
def test_a_short_key_is_a_mistake_of_the_deployment(length):
    with pytest.raises(Misconfigured, match="at least 32"):
        UploadTokens(b"x" * length)


def test_a_caller_without_an_upload_token_has_nothing_to_sign():
    with pytest.raises(ValueError, match="nothing to sign"):
        TOKENS.mint(replace(ANN, upload_token=None))


def test_the_edge_reads_what_the_authorizer_wrote():
    assert from_context(to_context(TOKEN)) == TOKEN
    assert set(json.loads(to_context(TOKEN))) == {"id", "project_id", "operations", "types", "expires_at"}


@pytest.mark.parametrize("text", ["", "{}", "null", "[]", 1, True, {"id": "x"}])
def test_a_context_that_the_authorizer_did_not_write_lets_nobody_in(text):
    with pytest.raises(Unauthenticated):
        from_context(text)
