"""Over TLS the certificate must be that of the name in the URL, whichever address was connected to."""

import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from shared.fetch.client import Fetcher
from shared.fetch.refusals import UpstreamUnavailable, UrlNotAllowed
from tests.shared.aws.scripted import OK
from tests.shared.fetch.conftest import PUBLIC, Dialled, Names

NAME = "photos.example"
MOVED = b"HTTP/1.1 302 x\r\nLocation: http://photos.example/\r\nContent-Length: 0\r\n\r\n"


class TlsServer:
    """Answers one request, and notes which name was asked for in the handshake."""

    def __init__(self, pem, answer):
        self.named = []
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pem)
        self._context.sni_callback = lambda _, name, __: self.named.append(name)
        self._answer = answer
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.origin = f"https://127.0.0.1:{self._listener.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self):
        with suppress(OSError):
            connection, _ = self._listener.accept()
            connection.settimeout(5)
            with connection, self._context.wrap_socket(connection, server_side=True) as secured:
                secured.recv(65536)
                secured.sendall(self._answer)
                secured.unwrap()

    def end(self):
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._listener.close()


@pytest.fixture(scope="module")
def pem(tmp_path_factory):
    """A certificate that vouches for itself, and for one name alone."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(NAME)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "photos.pem"
    key_bytes = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + key_bytes)
    return path


@pytest.fixture
def serve(pem):
    started = []

    def start(answer=OK):
        started.append(TlsServer(pem, answer))
        return started[-1]

    yield start
    for server in started:
        server.end()


@pytest.fixture
def trust(pem):
    return ssl.create_default_context(cafile=pem)


def get(server, url, **options):
    dialled = Dialled(server)
    fetcher = Fetcher(resolve=Names([PUBLIC]), dial=dialled, floor=0, **options)
    return fetcher.get(url, seconds=5, max_bytes=9), dialled


def test_the_name_is_asked_for_and_proved_at_the_vetted_address(serve, trust):
    server = serve()

    fetched, dialled = get(server, f"https://{NAME}/", trust=trust)

    assert (fetched.body, fetched.final_url) == (b"hi", f"https://{NAME}/")
    assert (server.named, dialled.addresses) == ([NAME], [PUBLIC])


@pytest.mark.parametrize("host", ["other.example", "8.8.8.8", f"x.{NAME}"])
def test_a_certificate_of_another_name_is_no_connection(serve, trust, host):
    with pytest.raises(UpstreamUnavailable) as failed:
        get(serve(), f"https://{host}/", trust=trust)

    assert failed.value.facts == {"failure_type": "not_sent", "reason": "SSLCertVerificationError"}


def test_a_certificate_that_nobody_vouches_for_is_no_connection(serve):
    with pytest.raises(UpstreamUnavailable) as failed:
        get(serve(), f"https://{NAME}/")

    assert failed.value.facts["reason"] == "SSLCertVerificationError"


def test_a_redirect_that_gives_up_the_lock_is_not_followed(serve, trust):
    with pytest.raises(UrlNotAllowed) as refused:
        get(serve(MOVED), f"https://{NAME}/", trust=trust)

    assert refused.value.why == f"a redirect from {NAME} that gives up https"


def test_a_handshake_that_never_ends_is_given_up_in_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:

        def dial(*_):
            return socket.create_connection(silent.getsockname())

        fetcher = Fetcher(resolve=Names([PUBLIC]), dial=dial, floor=0.05, sleep=lambda _: None)
        with pytest.raises(UpstreamUnavailable) as failed:
            fetcher.get(f"https://{NAME}/", seconds=5, max_bytes=9)

    assert failed.value.facts == {"failure_type": "not_sent", "reason": "TimeoutError"}


def test_servers_must_prove_who_they_are():
    trust = Fetcher()._trust

    assert trust.verify_mode is ssl.CERT_REQUIRED
    assert trust.check_hostname
