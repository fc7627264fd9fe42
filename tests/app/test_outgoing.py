"""What the server may contact: real servers, real TLS; only names are made up."""

import gzip
import ipaddress
import socket
import ssl
import threading
import time
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from app import outgoing
from app.errors import Unavailable
from app.outgoing import LARGEST, Outgoing, Target, guard
from tests.fixtures.web import free_port

NAME = "login.test"


class Site:
    """A server on an address of this machine: its requests, and what it answers with."""

    def __init__(self, address, port, answer, context):
        self.seen = []
        self.asked_for = []

        class Handler(BaseHTTPRequestHandler):
            def do_GET(handler):  # noqa: N805
                self.seen.append(handler.headers)
                answer(handler)

            do_POST = do_GET  # noqa: N815

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer((address, port), Handler)
        self.server.daemon_threads = True
        if context:
            context.sni_callback = lambda _socket, name, _context: self.asked_for.append(name)
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()


def say(handler, body=b"hello", status=200, **headers):
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def site():
    """`site()` is a plain server on 127.0.0.1."""
    with ExitStack() as stack:

        def start(answer=say, *, address="127.0.0.1", port=0, context=None):
            started = Site(address, port, answer, context)
            stack.callback(started.close)
            return started

        yield start


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    """`authority(name)` is the TLS context of a server with a certificate for it; the path of the root beside it."""
    folder = tmp_path_factory.mktemp("ca")
    root_key = ec.generate_private_key(ec.SECP256R1())
    root = _certificate("A root", root_key, "A root", root_key)
    (folder / "root.pem").write_bytes(root.public_bytes(serialization.Encoding.PEM))

    def context(name):
        key = ec.generate_private_key(ec.SECP256R1())
        file = folder / f"{name}.pem"
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        certificate = _certificate(name, key, "A root", root_key)
        file.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
        made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        made.load_cert_chain(file)
        return made

    context.root = folder / "root.pem"
    return context


def _certificate(name, key, issuer, issuer_key):
    is_root = name == issuer
    try:
        alternative = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name.replace(" ", "-"))
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .issuer_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, issuer)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=is_root, path_length=None), critical=True)
        .sign(issuer_key, hashes.SHA256())
    )


@pytest.fixture
def trusted(authority, monkeypatch):
    """The root is one that this machine trusts."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))


@pytest.fixture
def names(monkeypatch):
    """`names(name, address, …)`: a name server that answers with one address after another; how often it was asked."""
    real, asked, answers = socket.getaddrinfo, [], {}

    def resolve(host, *rest, **more):
        if host not in answers:
            return real(host, *rest, **more)
        asked.append(host)
        address = answers[host].pop(0) if len(answers[host]) > 1 else answers[host][0]
        return real(address, *rest, **more)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)

    def tell(name, *addresses):
        answers[name] = list(addresses)
        return asked

    return tell


def session(*entries, **options):
    made = requests.Session()
    made.mount("https://", Outgoing(entries, **options))
    made.mount("http://", made.adapters["https://"])
    return made


@pytest.fixture(autouse=True)
def speaking(app):
    with app.test_request_context("/?lang=en"):
        yield


@contextmanager
def refused(sentence):
    with pytest.raises(Unavailable, match=sentence):
        yield


@pytest.mark.parametrize(
    ("entry", "target"),
    [
        ("login.test", ("https", "login.test", 443)),
        ("login.test:8443", ("https", "login.test", 8443)),
        ("http://login.test", ("http", "login.test", 80)),
        ("https://login.test", ("https", "login.test", 443)),
        ("[::1]:8443", ("https", "::1", 8443)),
        ("https://Login.Test/path?query", ("https", "login.test", 443)),
    ],
)
def test_an_entry_and_an_address_name_the_same_target(entry, target):
    assert Target.of(entry) == target


def test_an_allowed_host_is_reached(site):
    here = site()
    answer = session(f"http://127.0.0.1:{here.port}").get(f"http://127.0.0.1:{here.port}/a?b=c")
    assert (answer.status_code, answer.text) == (200, "hello")
    assert here.seen[0]["Host"] == f"127.0.0.1:{here.port}"
    assert here.seen[0]["Accept-Encoding"] == "identity"


def test_a_body_is_sent_and_an_error_is_an_answer(site):
    here = site(lambda handler: say(handler, handler.rfile.read(int(handler.headers["Content-Length"])), 418))
    answer = session(f"http://127.0.0.1:{here.port}").post(f"http://127.0.0.1:{here.port}/", json={"a": 1})
    assert (answer.status_code, answer.json()) == (418, {"a": 1})


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:{other}/",
        "https://127.0.0.1:{port}/",
        "http://localhost:{port}/",
        "http://127.0.0.1:{port}@evil.test/",
        "http://evil.test#@127.0.0.1:{port}/",
        "http://127.0.0.1./",
        "http://2130706433:{port}/",
        "http://[::ffff:127.0.0.1]:{port}/",
    ],
)
def test_what_is_not_listed_is_not_contacted(address, site, names):
    here, other = site(), site()
    asked = names("evil.test", "127.0.0.1")
    with refused("may not contact"):
        session(f"http://127.0.0.1:{here.port}").get(address.format(port=here.port, other=other.port))
    assert here.seen == other.seen == asked == []


@pytest.mark.parametrize("address", ["file:///etc/passwd", "ftp://127.0.0.1/"])
def test_other_schemes_are_not_known(address):
    with pytest.raises(requests.exceptions.InvalidSchema):
        session("127.0.0.1").get(address)


def test_the_application_contacts_nobody_unless_it_is_told(app, site):
    here = site()
    guarded = requests.Session()
    guard(guarded)
    with refused("may not contact"):
        guarded.get(f"http://127.0.0.1:{here.port}/")
    assert here.seen == []


def test_a_guarded_session_heeds_no_proxy_of_the_environment(app, site, monkeypatch):
    here, proxy = site(), site()
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setitem(app.extensions, "outgoing", Outgoing([f"http://127.0.0.1:{here.port}"]))
    guarded = requests.Session()
    guard(guarded)
    assert guarded.get(f"http://127.0.0.1:{here.port}/").text == "hello"
    assert proxy.seen == []


@pytest.mark.usefixtures("trusted")
def test_tls_proves_the_name_and_the_address_is_the_one_that_was_resolved(site, authority, names):
    here = site(context=authority(NAME))
    asked = names(NAME, "127.0.0.1")
    answer = session(f"{NAME}:{here.port}").get(f"https://{NAME}:{here.port}/")
    assert answer.text == "hello"
    assert here.asked_for == [NAME]
    assert here.seen[0]["Host"] == f"{NAME}:{here.port}"
    assert asked == [NAME]


@pytest.mark.usefixtures("trusted")
def test_a_name_server_that_changes_its_answer_changes_nothing(site, authority, names):
    port = free_port()
    first = site(address="127.0.0.1", port=port, context=authority(NAME))
    second = site(address="127.0.0.2", port=port, context=authority(NAME))
    asked = names(NAME, "127.0.0.1", "127.0.0.2")
    assert session(f"{NAME}:{port}").get(f"https://{NAME}:{port}/").text == "hello"
    assert (len(first.seen), len(second.seen), asked) == (1, 0, [NAME])


@pytest.mark.usefixtures("trusted")
def test_a_certificate_for_another_name_is_none(site, authority, names):
    here = site(context=authority("other.test"))
    names(NAME, "127.0.0.1")
    with refused("does not answer"):
        session(f"{NAME}:{here.port}").get(f"https://{NAME}:{here.port}/", verify=False)
    assert here.seen == []


def test_a_certificate_that_this_machine_does_not_trust_is_none(site, authority, names):
    here = site(context=authority(NAME))
    names(NAME, "127.0.0.1")
    with refused("does not answer"):
        session(f"{NAME}:{here.port}").get(f"https://{NAME}:{here.port}/", verify=str(authority.root))
    assert here.seen == []


@pytest.mark.usefixtures("trusted")
def test_an_address_may_be_an_entry(site, authority):
    here = site(context=authority("127.0.0.1"))
    assert session(f"127.0.0.1:{here.port}").get(f"https://127.0.0.1:{here.port}/").text == "hello"


@pytest.mark.parametrize("address", ["127.0.0.1", "169.254.169.254", "0.0.0.0", "224.0.0.1", "::1", "::ffff:127.0.0.1"])  # noqa: S104
def test_a_name_without_tls_that_is_suddenly_this_machine_is_refused(address, site, names):
    here = site()
    names("hooks.test", address)
    with refused("may not contact"):
        session(f"http://hooks.test:{here.port}").get(f"http://hooks.test:{here.port}/")
    assert here.seen == []


def test_a_name_that_nobody_knows_is_told(names):
    with refused("is not known here"):
        session("nobody.invalid").get("https://nobody.invalid/")


def test_a_host_that_is_not_there_is_told():
    port = free_port()
    with refused("does not answer"):
        session(f"http://127.0.0.1:{port}").get(f"http://127.0.0.1:{port}/")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status, site):
    forbidden = site()
    here = site(lambda handler: say(handler, status=status, Location=f"http://127.0.0.1:{forbidden.port}/"))
    allowed = f"http://127.0.0.1:{here.port}"
    with refused("sends us elsewhere"):
        session(allowed, f"http://127.0.0.1:{forbidden.port}").get(f"{allowed}/")
    assert (len(here.seen), forbidden.seen) == (1, [])


def test_an_answer_that_is_too_large_is_not_read_to_its_end(site):
    sent = []

    def flood(handler):
        handler.send_response(200)
        handler.end_headers()
        try:
            while len(sent) < 1000:
                handler.wfile.write(b"x" * 2**16)
                sent.append(2**16)
        except OSError:
            pass

    here = site(flood)
    with refused("more than is taken"):
        session(f"http://127.0.0.1:{here.port}").get(f"http://127.0.0.1:{here.port}/")
    assert sum(sent) < 20 * LARGEST


def test_an_answer_of_the_largest_size_is_taken(site):
    here = site(lambda handler: say(handler, b"x" * LARGEST))
    assert len(session(f"http://127.0.0.1:{here.port}").get(f"http://127.0.0.1:{here.port}/").content) == LARGEST


def test_an_answer_that_would_unpack_to_more_is_refused(site):
    bomb = gzip.compress(b"x" * 50 * LARGEST)
    here = site(lambda handler: say(handler, bomb, Content_Encoding="gzip"))
    with refused("not taken"):
        session(f"http://127.0.0.1:{here.port}").get(f"http://127.0.0.1:{here.port}/")


@pytest.mark.parametrize("part", ["headers", "body", "endless body"])
def test_an_answer_that_drips_is_cut(part, site):
    ended = threading.Event()

    def drip(handler):
        try:
            if part != "headers":
                handler.send_response(200)
                if part == "body":
                    handler.send_header("Content-Length", "5000")
                handler.end_headers()
            else:
                handler.wfile.write(b"HTTP/1.1 200 ")
            while True:
                handler.wfile.write(b"x")
                time.sleep(0.02)
        except OSError:
            ended.set()

    here = site(drip)
    with refused("does not answer"):
        session(f"http://127.0.0.1:{here.port}", longest=0.3).get(f"http://127.0.0.1:{here.port}/")
    assert ended.wait(5)


def test_a_host_that_is_silent_is_left(site, monkeypatch):
    monkeypatch.setattr(outgoing, "SILENCE", 0.2)
    waiting = threading.Event()
    here = site(lambda _: waiting.wait(5))
    with refused("does not answer"):
        session(f"http://127.0.0.1:{here.port}").get(f"http://127.0.0.1:{here.port}/")
    waiting.set()
