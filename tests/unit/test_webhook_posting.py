"""The one way out: every address is checked, the checked one is connected to, and nothing that is answered is followed."""

import asyncio
import contextlib
import datetime
import time
from ipaddress import ip_address, ip_network

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from strongroom import limits
from strongroom.config import Settings
from strongroom.domain.webhooks import LOOPBACK, Reach, reach_of, target_of
from strongroom.workers import posting
from strongroom.workers.posting import CannotPost, Names, post
from support.receiver import Receiver

OPEN = Reach(plain_http=True, ports=None, networks=LOOPBACK)
SHUT = Reach(plain_http=True, ports=None, networks=())


def naming(*addresses):
    """A name server that gives these addresses, each time the next if they are lists, and counts."""
    asked = []

    async def look_up(host):
        asked.append(host)
        found = addresses[min(len(asked), len(addresses)) - 1]
        return [ip_address(one) for one in (found if isinstance(found, list) else [found])]

    look_up.asked = asked
    return look_up


def send(url, look_up=None, reach=OPEN, body=b"{}"):
    target = target_of(url, reach)
    return asyncio.run(post(target, {"X-Test": "1"}, body, reach=reach, look_up=look_up or Names()))


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    with Receiver(tmp_path_factory.mktemp("posting")) as running:
        yield running


@pytest.fixture
def untouched(receiver):
    """No request may reach the receiver meanwhile."""
    before = len(receiver.received())
    yield receiver
    assert len(receiver.received()) == before


@pytest.mark.parametrize(
    "address",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::", "0.0.0.0",
     "169.254.169.254", "2001:0:7f00:1::", "fe80::1", "fec0::1", "10.0.0.1", "224.0.0.1"],
)  # fmt: skip
def test_a_name_that_leads_inside_is_not_connected_to(untouched, address):
    with pytest.raises(CannotPost, match="not allowed"):
        send(f"http://shop.example.com:{untouched.port}/ok", naming(address), SHUT)


def test_one_bad_address_among_good_ones_is_enough(untouched):
    with pytest.raises(CannotPost, match="loopback"):
        send(f"http://shop.example.com:{untouched.port}/ok", naming(["8.8.8.8", "127.0.0.1"]), SHUT)


def test_a_name_is_looked_up_once_and_what_was_checked_is_connected_to(receiver):
    """A name server that changes its mind after the check changes nothing."""
    rebinding = naming("127.0.0.1", "169.254.169.254")
    answer = send(f"http://shop.example.com:{receiver.port}/ok", rebinding)

    assert (answer.status, rebinding.asked) == (200, ["shop.example.com"])
    assert receiver.received("/ok")[-1].headers["Host"] == f"shop.example.com:{receiver.port}"


def test_the_settings_of_a_vault_let_nothing_in_and_an_operator_lets_in_what_is_named(tmp_path, receiver):
    url = f"https://shop.example.com:{receiver.port}/"
    shut = reach_of(Settings(tmp_path, webhook_ports=(receiver.port,)), livemode=True)
    wide = reach_of(
        Settings(tmp_path, webhook_ports=(receiver.port,), webhook_networks=(ip_network("127.0.0.0/8"),)),
        livemode=True,
    )

    with pytest.raises(CannotPost, match="not allowed"):
        send(url, naming("127.0.0.1"), shut)
    with pytest.raises(CannotPost, match="TLS"):  # what it meets there speaks plain HTTP
        send(url, naming("127.0.0.1"), wide)


def test_proxies_of_the_environment_are_not_asked(receiver, monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    assert send(receiver.url()).status == 200


def test_a_redirect_is_an_answer_like_any_other(receiver):
    before = len(receiver.received("/ok"))
    assert send(receiver.url("/redirect")).status == 302
    assert len(receiver.received("/ok")) == before


def test_of_an_endless_answer_only_the_beginning_is_read_and_kept(receiver):
    started = time.monotonic()
    answer = send(receiver.url("/big"))

    assert (answer.status, answer.body) == (200, b"x" * limits.WEBHOOK_ANSWER_SHOWN_MAX)
    assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("path", "says"), [("/garbage", "no HTTP"), ("/reset", "no answer|broke off"), ("/hang", "timed out")]
)
def test_what_is_no_answer_is_said_to_be_none(receiver, monkeypatch, path, says):
    monkeypatch.setattr(limits, "WEBHOOK_SECONDS_MAX", 1)
    with pytest.raises(CannotPost, match=says):
        send(receiver.url(path))


def test_a_drip_ends_in_time_with_the_status_it_began_with(receiver, monkeypatch):
    monkeypatch.setattr(limits, "WEBHOOK_SECONDS_MAX", 1)
    started = time.monotonic()

    assert send(receiver.url("/drip")).status == 200
    assert time.monotonic() - started < 3


def test_nobody_listens_and_nobody_knows_the_name(receiver):
    with pytest.raises(CannotPost, match="no connection"):
        send("http://127.0.0.1:1/")
    with pytest.raises(CannotPost, match="looked up"):
        send("http://nowhere.invalid/")


def test_a_request_is_parsed_as_it_was_meant(receiver):
    body = '{"a": "ä"}'.encode()
    send(receiver.url("/ok/x?a=b&c=%20d"), body=body)
    got = receiver.received("/ok/x?a=b&c=%20d")[-1]

    assert (got.body, got.headers["X-Test"], got.headers["Connection"]) == (body, "1", "close")


def test_the_next_address_is_tried_when_one_does_not_answer(receiver):
    url = f"http://shop.example.com:{receiver.port}/ok"
    assert send(url, naming(["127.0.0.2", "::1", "127.0.0.1"])).status == 200


def test_a_silent_name_server_is_asked_once_by_all_and_holds_up_nobody(monkeypatch):
    asked = []

    def silent(host):
        asked.append(host)
        if host == "slow.example.com":
            time.sleep(1)
            raise OSError("no answer")
        return [ip_address("8.8.8.8")]

    async def scene():
        names = Names()
        slow = [asyncio.create_task(names("slow.example.com")) for _ in range(100)]
        await asyncio.sleep(0)
        started = time.monotonic()
        assert await names("fast.example.com") == [ip_address("8.8.8.8")]
        assert time.monotonic() - started < 0.5
        failures = await asyncio.gather(*slow, return_exceptions=True)
        assert {type(failure) for failure in failures} == {OSError}

    monkeypatch.setattr(posting, "_addresses", silent)
    asyncio.run(scene())
    assert sorted(asked) == ["fast.example.com", "slow.example.com"]


# -- TLS ------------------------------------------------------------------------------------------------------------------------


def certificate(folder, name):
    """A certificate for `name` that vouches for itself, with its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@contextlib.contextmanager
def trusting(path, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    posting._trust.cache_clear()
    yield
    posting._trust.cache_clear()


def test_tls_is_spoken_to_the_checked_address_under_the_original_name(tmp_path, monkeypatch):
    path = certificate(tmp_path, "shop.example.com")
    with Receiver(tmp_path / "tls", path) as receiver, trusting(path, monkeypatch):
        there = naming("127.0.0.1")
        assert send(receiver.url(host="shop.example.com"), there).status == 200
        with pytest.raises(CannotPost, match="TLS"):
            send(receiver.url(host="other.example.com"), there)
        assert len(receiver.received()) == 1


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    with Receiver(tmp_path / "tls", certificate(tmp_path, "shop.example.com")) as receiver:
        with pytest.raises(CannotPost, match="TLS"):
            send(receiver.url(host="shop.example.com"), naming("127.0.0.1"))
        assert receiver.received() == []
