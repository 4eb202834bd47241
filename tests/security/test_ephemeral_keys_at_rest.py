"""The text of an ephemeral key is on the phone it was made for, and nowhere else."""

from support.server import Server

from .test_leaks import found_in


def test_no_file_holds_a_key(tmp_path):
    with Server(tmp_path / "data") as server:
        stripe = server.client("sk_test_phones").v1
        customer = stripe.customers.create({}).id
        key = stripe.ephemeral_keys.create({"customer": customer}, {"stripe_version": "2024-06-20"}).secret
        phone = server.client(key).v1
        assert phone.customers.retrieve(customer).id == customer
        assert server.request("GET", "/v1/customers/cus_x", key=key).status == 403
        assert server.request("GET", "/v1/customers/cus_x", key=key + "0").status == 401
    body = key.removeprefix("ek_test_")
    assert found_in(tmp_path, [key, body]) == []

    (tmp_path / "data" / "control").write_text(f"a phone said {key}")
    assert found_in(tmp_path, [key]) != []
