"""An issuer with real keys, and a server that publishes them."""

import hashlib
import hmac
import json
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.tokens.jwks import Jwks
from shared.tokens.keys import SharedSecret
from shared.tokens.verify import Verifier
from tests.support.serving import serving

NOW = 1_800_000_000
SECRET = "0123456789abcdef0123456789abcdef"
CLAIMS = {
    "iss": "https://issuer.example",
    "aud": "keepsake",
    "sub": "user-1",
    "org": "6f1c0d7e-8f0e-4a55-9b0c-0a1b2c3d4e5f",
    "iat": NOW - 10,
    "exp": NOW + 600,
    "scope": "photos:write photos:read",
}


def b64(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8))


@dataclass
class Issuer:
    """Signs whatever a test asks for; a claim or header member given as ... is left out."""

    rsa_key: rsa.RSAPrivateKey
    ec_key: ec.EllipticCurvePrivateKey
    now: int = NOW
    secret: str = SECRET

    def token(self, alg="HS256", header=None, claims=None, secret=None) -> str:
        kid = {} if alg == "HS256" else {"kid": alg.lower()}
        head = {"alg": alg, "typ": "JWT", **kid, **(header or {})}
        body = {**CLAIMS, **(claims or {})}
        return self.sign(
            alg,
            json.dumps({k: v for k, v in head.items() if v is not ...}).encode(),
            json.dumps({k: v for k, v in body.items() if v is not ...}).encode(),
            secret,
        )

    def sign(self, alg: str, header: bytes, payload: bytes, secret: bytes | None = None) -> str:
        signed = f"{b64(header)}.{b64(payload)}"
        make = {"RS256": self._rs256, "ES256": self._es256}.get(alg)
        raw = signed.encode()
        mac = hmac.new(secret or self.secret.encode(), raw, hashlib.sha256)
        return f"{signed}.{b64(make(raw) if make else mac.digest())}"

    def _rs256(self, raw: bytes) -> bytes:
        return self.rsa_key.sign(raw, padding.PKCS1v15(), SHA256())

    def _es256(self, raw: bytes) -> bytes:
        r, s = decode_dss_signature(self.ec_key.sign(raw, ec.ECDSA(SHA256())))
        return r.to_bytes(32) + s.to_bytes(32)

    @property
    def rsa_pem(self) -> bytes:
        return self.rsa_key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)

    def rsa_jwk(self, **members) -> dict[str, object]:
        numbers = self.rsa_key.public_key().public_numbers()
        return {"kty": "RSA", "kid": "rs256", "n": _number(numbers.n), "e": _number(numbers.e), **members}

    def ec_jwk(self, **members) -> dict[str, object]:
        numbers = self.ec_key.public_key().public_numbers()
        x, y = b64(numbers.x.to_bytes(32)), b64(numbers.y.to_bytes(32))
        return {"kty": "EC", "crv": "P-256", "kid": "es256", "x": x, "y": y, **members}

    def jwk_set(self) -> bytes:
        return json.dumps({"keys": [self.rsa_jwk(use="sig", alg="RS256"), self.ec_jwk()]}).encode()


@dataclass
class KeyServer:
    """What the published document is at the moment, and how often it was asked for."""

    document: bytes
    status: int = 200
    url: str = ""
    fetches: list[str] = field(default_factory=list)


@dataclass
class Clock:
    now: float = NOW

    def __call__(self) -> float:
        return self.now


def _handler(state: KeyServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.fetches.append(self.path)
            self.send_response(state.status)
            self.send_header("Location", state.url)
            self.send_header("Content-Length", str(len(state.document)))
            self.end_headers()
            self.wfile.write(state.document)

    return Handler


@pytest.fixture(scope="session")
def issuer() -> Issuer:
    return Issuer(
        rsa_key=rsa.generate_private_key(public_exponent=65537, key_size=2048),
        ec_key=ec.generate_private_key(ec.SECP256R1()),
    )


@contextmanager
def publish(state: KeyServer) -> Iterator[KeyServer]:
    with serving(_handler(state)) as place:
        state.url = f"http://{place}/keys?v=1"
        yield state


@pytest.fixture
def key_server(issuer: Issuer) -> Iterator[KeyServer]:
    with publish(KeyServer(document=issuer.jwk_set())) as state:
        yield state


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def secret_verifier() -> Verifier:
    return Verifier(SharedSecret(SECRET), CLAIMS["iss"], CLAIMS["aud"], clock=Clock())


@pytest.fixture
def jwks_verifier(key_server: KeyServer, clock: Clock) -> Verifier:
    return Verifier(Jwks(key_server.url, clock=clock), CLAIMS["iss"], CLAIMS["aud"], clock=clock)


@pytest.fixture(scope="session")
def verifier_of_all(issuer: Issuer) -> Iterator[Verifier]:
    """One verifier with published keys for a whole session, for tests that run many examples."""
    with publish(KeyServer(document=issuer.jwk_set())) as state:
        yield Verifier(Jwks(state.url, clock=Clock()), CLAIMS["iss"], CLAIMS["aud"], clock=Clock())
