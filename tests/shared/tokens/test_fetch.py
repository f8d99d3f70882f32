"""The key document comes only from the named URL, over TLS, and never costs more than a little."""

import datetime as dt
import socket
import ssl
import threading
from http.server import HTTPServer, SimpleHTTPRequestHandler

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.hashes import SHA256

from shared.errors import Misconfigured, Unavailable
from shared.tokens.fetch import MAX_BYTES, checked_url, fetch_document


def detail(url, **options):
    with pytest.raises(Unavailable) as raised:
        fetch_document(checked_url(url), **options)
    return raised.value.facts["detail"]


@pytest.mark.parametrize(
    "url",
    [
        "https://issuer.example/.well-known/jwks.json",
        "https://issuer.example:8443/keys?tenant=1",
        "http://127.0.0.1:8000/keys",
        "http://localhost/keys",
        "http://[::1]:8000/keys",
    ],
)
def test_https_and_this_very_machine_are_trusted(url):
    assert checked_url(url).geturl() == url


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://issuer.example/keys",
        "http://127.0.0.1.evil.example/keys",
        "http://localhost.evil.example/keys",
        "http://169.254.169.254/latest",
        "http://0.0.0.0/keys",
        "http://127.0.0.1@evil.example/keys",
        "https://",
        "https:///keys",
        "https://issuer.example:port/keys",
        "https://[::1/keys",
        "file:///etc/passwd",
        "ftp://127.0.0.1/keys",
        "//issuer.example/keys",
        "issuer.example/keys",
    ],
)
def test_any_other_url_is_a_mistake_in_the_settings(url):
    with pytest.raises(Misconfigured, match="TOKEN_JWKS_URL"):
        checked_url(url)


def test_the_document_arrives_as_it_is(key_server):
    assert fetch_document(checked_url(key_server.url)) == key_server.document
    assert key_server.fetches == ["/keys?v=1"]


@pytest.mark.parametrize("status", [204, 301, 302, 307, 404, 500])
def test_any_answer_but_200_is_no_answer_and_redirects_are_not_followed(key_server, status):
    key_server.status = status

    assert detail(key_server.url) == f"status {status}"
    assert len(key_server.fetches) == 1


def test_the_size_is_limited(key_server):
    key_server.document = b"x" * MAX_BYTES
    assert fetch_document(checked_url(key_server.url))

    key_server.document = b"x" * (MAX_BYTES + 1)
    assert detail(key_server.url) == f"more than {MAX_BYTES} bytes"


def test_a_server_that_drips_is_left(key_server):
    readings = iter([0.0, 2.9, 3.1, 3.1])
    key_server.document = b"x" * MAX_BYTES

    assert detail(key_server.url, now=lambda: max(0.0, next(readings, 3.1))) == "too slow"


def test_a_closed_port_is_no_answer():
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]

    assert detail(f"http://127.0.0.1:{port}/") == "ConnectionRefusedError"


def test_a_certificate_nobody_vouches_for_is_no_answer(tmp_path, issuer):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(self_signed(issuer.ec_key, tmp_path / "server.pem"))

    with HTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler) as server:
        # The handshake fails inside the handler, where the server closes its end.
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
        server.handle_error = lambda *_: None
        thread = threading.Thread(target=server.handle_request)
        thread.start()
        found = detail(f"https://127.0.0.1:{server.server_port}/keys")
        thread.join()

    assert found == "SSLCertVerificationError"


def self_signed(key, path):
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), 1)
        .not_valid_before(now)
        .not_valid_after(now + dt.timedelta(hours=1))
        .sign(key, SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
