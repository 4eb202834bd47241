"""Where webhooks may go: no spelling of an address that is not public gets through."""

import copy
from ipaddress import ip_address, ip_network

import pytest
from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog import networks
from strongroom.catalog.reading import CatalogError, read
from strongroom.config import Settings
from strongroom.domain.addresses import why_refused
from strongroom.domain.webhooks import LOOPBACK, reach_of, target_of
from strongroom.errors import InvalidRequest

METADATA = "169.254.169.254"


def is_refused(text, allowed=()):
    return why_refused(ip_address(text), allowed) is not None


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "10.0.0.1", "100.64.0.1", "100.100.100.200", "127.0.0.1", "127.255.255.255", "168.63.129.16",
        METADATA, "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1", "192.168.1.1",
        "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1", "240.0.0.1", "255.255.255.255",
        "::", "::1", "fc00::1", "fd00:ec2::254", "fe80::1", "fe80::1%lo", "fec0::1", "ff02::1", "100::1",
        "2001:db8::1", "2001:2::1", "2001:10::1", "3ffe::1", "3fff::1", "4000::1", "64:ff9b:1::1", "5f00::1",
    ],
)  # fmt: skip
def test_what_is_not_public_is_refused(text):
    assert is_refused(text)


@pytest.mark.parametrize(
    "text",
    [
        f"::ffff:{METADATA}", f"::{METADATA}", "::127.0.0.1", "64:ff9b::a9fe:a9fe", "2002:a9fe:a9fe::",
        "2001:0:a9fe:a9fe::1", "2001:0:808:808:0:0:5601:5601", "2606:4700::5efe:a9fe:a9fe",
        "2606:4700::200:5efe:7f00:1",
    ],
)  # fmt: skip
def test_an_inner_address_is_found_in_every_form_of_ipv6(text):
    assert is_refused(text)


@pytest.mark.parametrize(
    "text",
    ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111", "2a00:1450::1", "::ffff:8.8.8.8", "64:ff9b::808:808",
     "2606:4700::5efe:808:808"],
)  # fmt: skip
def test_what_is_public_is_not(text):
    assert not is_refused(text)


@given(st.ip_addresses(v=4))
def test_a_spelling_is_judged_as_what_it_spells(address):
    mapped, nat64 = (
        ip_address(int(ip_address(prefix)) + int(address)) for prefix in ("::ffff:0:0", "64:ff9b::")
    )
    verdict = why_refused(address, ())

    assert why_refused(mapped, ()) == why_refused(nat64, ()) == verdict
    if verdict is not None:
        isatap = ip_address(int(ip_address("2606:4700::5efe:0:0")) + int(address))
        assert why_refused(isatap, ()) == verdict


@given(st.ip_addresses())
def test_whatever_is_allowed_is_public_and_no_multicast(address):
    if why_refused(address, ()) is None and address not in ip_network(
        "64:ff9b::/96" if address.version == 6 else "8.0.0.0/8"
    ):
        inner = getattr(address, "ipv4_mapped", None) or address
        assert inner.is_global
        assert not inner.is_multicast


def test_an_operator_can_allow_a_network_and_with_it_no_other():
    allowed = [ip_network("10.1.0.0/16")]

    assert not is_refused("10.1.2.3", allowed)
    assert not is_refused("::ffff:10.1.2.3", allowed)
    assert is_refused("10.2.0.1", allowed)
    assert is_refused("127.0.0.1", LOOPBACK[1:])
    # The tunnel is allowed, what is behind it is not.
    assert is_refused("2002:a9fe:a9fe::", [ip_network("2002::/16")])


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda data: data["refused"].append({"network": "10.0.0.1/8", "why": "x"}), "host bits"),
        (lambda data: data["refused"].append({"network": "10.0.0.0/8"}), "why is missing"),
        (lambda data: data["spelled"].append({"network": "::/80", "what": "x"}), "no room"),
        (lambda data: data.update(public_v6="10.0.0.0/8"), "not of IPv6"),
    ],
)
def test_a_mistake_in_the_tables_is_found(change, says):
    data = copy.deepcopy(read("networks"))
    change(data)
    with pytest.raises(CatalogError, match=says):
        networks.build(data)


# -- urls -----------------------------------------------------------------------------------------------------------------


def reach(tmp_path, *, livemode=False, **settings):
    return reach_of(Settings(tmp_path, **settings), livemode=livemode)


@pytest.mark.parametrize("url", ["http://shop.example.com/", "https://localhost/", "https://a.localhost/",
                                 "https://127.0.0.1/", "https://shop.example.com:8443/"])  # fmt: skip
@pytest.mark.parametrize(("sandbox", "livemode"), [(False, False), (False, True), (True, True)])
def test_only_the_test_mode_of_a_sandbox_is_let_out_of_the_rules(tmp_path, url, sandbox, livemode):
    with pytest.raises(InvalidRequest) as refusal:
        target_of(url, reach(tmp_path, sandbox=sandbox, livemode=livemode))
    assert (refusal.value.code, refusal.value.param) == ("url_invalid", "url")
    assert target_of(url, reach(tmp_path, sandbox=True))


def test_an_operator_can_allow_a_port_and_an_inner_address(tmp_path):
    wide = reach(tmp_path, webhook_ports=(443, 8443), webhook_networks=(ip_network("10.1.0.0/16"),))

    assert target_of("https://10.1.0.5:8443/a?b=c", wide)[:3] == (True, "10.1.0.5", 8443)
    with pytest.raises(InvalidRequest):
        target_of("https://10.2.0.5/", wide)
    with pytest.raises(InvalidRequest):
        target_of("http://10.1.0.5:8443/", wide)


def test_a_target_keeps_the_name_the_path_and_the_query(tmp_path):
    target = target_of("https://Shop.Example.com?a=%20b", reach(tmp_path))

    assert target == (True, "shop.example.com", 443, "Shop.Example.com", "/?a=%20b")
