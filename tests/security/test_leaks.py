"""A day's work with known card numbers, then a search of everything that left the vault.

The control plants one leak per surface and must find each.
"""

import asyncio
import base64
import itertools
import json
from urllib.parse import urlencode

import msgspec
import pytest

from strongroom.catalog import method_types
from strongroom.config import Settings
from strongroom.house import open_house
from strongroom.store.tables import TABLES
from support.connect import eventually
from support.data import VISA
from support.documents import BOUNDARY, multipart, part, pdf, upload
from support.leaks import found_in, spellings
from support.receiver import Receiver
from support.server import Server

NUMBERS = ["4242424242424242", "5555555555554444", "378282246310005", "4000000000000002", "6011111111111117"]
CODES = {"378282246310005": "7391"}
CODE = "739"
BANK = "000123456789"
ID_NUMBER = "123450987"
NAME = "Cassandra Canary"
# type → what is sent under its hash; the fields named in HIDDEN are never shown, those in SHOWN are, and only in answers.
METHODS = {
    "acss_debit": {"account_number": "900123456789", "institution_number": "000", "transit_number": "11000"},
    "au_becs_debit": {"account_number": "922222227", "bsb_number": "000000"},
    "bacs_debit": {"account_number": "93333335", "sort_code": "108800"},
    "boleto": {"tax_id": "39053344705"},
    "nz_bank_account": {
        "account_number": "0068389",
        "bank_code": "01",
        "branch_code": "0902",
        "suffix": "00",
        "account_holder_name": NAME,
    },
    "payto": {"pay_id": "canary.pays@example.com"},
    "sepa_debit": {"iban": "DE89370400440532013000"},
    "us_bank_account": {"account_number": BANK, "routing_number": "110000000"},
}
HIDDEN = [METHODS[kind]["account_number"] for kind in METHODS if "account_number" in METHODS[kind]]
HIDDEN += [METHODS["sepa_debit"]["iban"], "0532013000"]
SHOWN = [METHODS["boleto"]["tax_id"], METHODS["payto"]["pay_id"], "16727230000197", NAME]
DOCUMENT = "PASSPORT-OF-CASSANDRA-0xC0FFEE"
FILENAME = "cassandras-passport.pdf"
TAX_ID = "912873465"
# What only ever was in tokens that nobody spent, and in requests that were refused.
UNSPENT = "Tokenia Unspent"
UNSPENT_NUMBER = "871265309"
UNSPENT_YEAR = "1948"
BORN = "1947"
DATA_TOKENS = {"account", "person", "pii"}
SECRETS = [
    *NUMBERS,
    *HIDDEN,
    ID_NUMBER,
    *SHOWN,
    TAX_ID,
    UNSPENT,
    UNSPENT_NUMBER,
    DOCUMENT,
    FILENAME,
]  # a code is too short to search bytes for; see below


def work_a_day(server):
    """Every route with every number, in right and wrong places; what the API answers is returned."""
    key = "sk_test_canary"
    answers = []

    def send(path, params, **headers):
        reply = server.request(
            "POST", path, params, key=key, headers={k.replace("_", "-"): v for k, v in headers.items()}
        )
        assert reply.status < 500
        answers.append(reply.body)
        return reply.json

    for number in NUMBERS:
        card = {"number": number, "exp_month": "12", "exp_year": "2034", "cvc": CODES.get(number, CODE)}
        fields = {f"card[{name}]": value for name, value in card.items()}
        token = send("/v1/tokens", {**fields, "card[name]": NAME})
        method = send("/v1/payment_methods", {"type": "card", **fields, "billing_details[name]": NAME})
        customer = send("/v1/customers", {"source": token["id"], "name": NAME, "email": "c@example.com"})
        if "id" in customer:
            send(f"/v1/payment_methods/{method['id']}/attach", {"customer": customer["id"]})
            send(f"/v1/payment_methods/{method['id']}", {"metadata[a]": "b"})
        use_sources(send, number, fields)
        charge = send(
            "/v1/charges",
            {
                "amount": "900",
                "currency": "usd",
                "source[number]": number,
                "source[exp_month]": "12",
                "source[exp_year]": "2034",
                "source[cvc]": card["cvc"],
            },
        )
        if "id" in charge:
            send("/v1/refunds", {"charge": charge["id"]})
        carried = {"payment_method_data[type]": "card", "client_context[card]": number}
        carried |= {f"payment_method_data[card][{name}]": value for name, value in card.items()}
        send("/v1/confirmation_tokens", carried)
        payment = {"amount": "900", "currency": "usd", "payment_method_types[0]": "card", "confirm": "true"}
        send(
            "/v1/payment_intents",
            {**payment, "confirmation_token": send("/v1/confirmation_tokens", carried)["id"]},
        )
        send("/v1/customers", {number: "x"})
        send("/v1/customers", {"email": number}, Idempotency_Key=f"key {number}")
        send(f"/v1/customers/{number}", {"name": NAME})
        send("/v1/tokens", {"card[number]": number, "card[exp_month]": number, "card[cvc]": number})
    for kind, details in METHODS.items():
        fields = {f"{kind}[{name}]": value for name, value in details.items()}
        owner = {"billing_details[name]": NAME, "billing_details[tax_id]": "16727230000197"}
        method = send("/v1/payment_methods", {"type": kind, **fields, **owner})
        assert method["object"] == "payment_method"
        send(f"/v1/payment_methods/{method['id']}/attach", {"customer": send("/v1/customers", {})["id"]})
        for name, value in details.items():
            for wrong in ({f"{kind}[{name}]": f"{value}x"}, {f"{kind}[{name}][x]": value}, {kind: value}):
                send("/v1/payment_methods", {"type": kind, **fields, **wrong, "metadata": value})
    send("/v1/tokens", {"pii[id_number]": ID_NUMBER})
    bank = {
        "country": "US",
        "currency": "usd",
        "routing_number": "110000000",
        "account_number": BANK,
        "account_holder_name": NAME,
    }
    send("/v1/tokens", {f"bank_account[{name}]": value for name, value in bank.items()})
    source = {"object": "bank_account", "account_holder_type": "individual", **bank}
    payer = send("/v1/customers", {f"source[{name}]": value for name, value in source.items()})
    sources = f"/v1/customers/{payer['id']}/sources"
    send(f"{sources}/{payer['default_source']}/verify", {"amounts[0]": "32", "amounts[1]": "45"})
    send(sources, {"source[object]": "bank_account", "source[country]": BANK, "source[account_number]": BANK})
    for question in (f'name:"{NUMBERS[0]}"', NUMBERS[0], f'created>"x{BANK}"'):
        query = urlencode({"query": question})
        answers.append(server.request("GET", f"/v1/customers/search?{query}", key=key).body)
    upload_documents(server, key, answers)
    connect_an_account(send, bank)
    give_persons(send, server, key, answers)
    lists = ("/v1/accounts", "/v1/customers", "/v1/payment_methods", "/v1/files", "/v1/events", sources)
    return answers + [server.request("GET", path, {"limit": "100"}, key=key).body for path in lists]


def use_sources(send, number, fields):
    """The objects that came between cards and PaymentMethods."""
    older = send("/v1/sources", {"type": "card", **fields, "owner[name]": NAME})
    if "id" in older:
        send("/v1/customers", {"source": older["id"]})
        send(f"/v1/sources/{older['id']}", {"owner[city]": number, "metadata[a]": "b"})
    for wrong in ({"type": number}, {"type": "card", "token": number}, {"type": "card", "card": number}):
        send("/v1/sources", {**wrong, "flow": number})


def upload_documents(server, key, answers):
    """One document of several segments, and the same in every wrong place."""
    held = pdf(b"\n".join([DOCUMENT.encode()] * 5_000))
    bodies = [
        upload(held, filename=FILENAME),
        upload(held, "business_icon", FILENAME),
        upload(held, filename="a.png"),
        upload(held, filename=FILENAME)[:-9],
        multipart(part("purpose", "identity_document"), part("file", held)),
        multipart(part("purpose", held[:5_000]), part("file", held, filename=FILENAME)),
        multipart(part("purpose", "identity_document"), part(DOCUMENT, held, filename=FILENAME)),
        multipart(part("purpose", "identity_document"), part("foo", held, filename=FILENAME)),
    ]
    form = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    replies = [server.request("POST", "/v1/files", body, key=key, headers=form) for body in bodies]
    assert [reply.status for reply in replies] == [200, 400, 400, 400, 400, 400, 400, 400]
    contents = server.request("GET", f"/v1/files/{replies[0].json['id']}/contents", key=key)
    assert contents.body == held
    # A name that a client made up is repeated to it; content never is.
    assert [DOCUMENT.encode() in reply.body for reply in replies] == [False] * 6 + [True, False]
    answers += [reply.body for reply in replies[:6] + replies[7:]]


def connect_an_account(send, bank):
    """A connected account of one who has every kind of number, in right and wrong places."""
    person = {
        "first_name": NAME,
        "id_number": ID_NUMBER,
        "dob][day": "1",
        "dob][month": "1",
        "dob][year": "1901",
    }
    account = {
        "type": "custom",
        "country": "US",
        "business_type": "individual",
        "capabilities[transfers][requested]": "true",
        "capabilities[card_payments][requested]": "true",
        "company[tax_id]": ID_NUMBER,
        "company[name]": NAME,
        **{f"individual[{name}]": value for name, value in person.items()},
        "external_account[object]": "bank_account",
        **{f"external_account[{name}]": value for name, value in bank.items()},
    }
    made = send("/v1/accounts", account)
    path = f"/v1/accounts/{made['id']}"
    token = send("/v1/tokens", {"pii[id_number]": ID_NUMBER})
    send(path, {"individual[id_number]": token["id"], "individual[last_name]": NAME})
    send(path, {"individual[id_number]": ID_NUMBER + "0"})
    send(path, {"individual[ssn_last_4]": ID_NUMBER, "company[vat_id]": ID_NUMBER})
    send(path, {"external_account": ID_NUMBER, "individual[id_number][a]": ID_NUMBER})
    send(f"{path}/external_accounts", {"external_account[object]": "card", "external_account[number]": BANK})


def give_persons(send, server, key, answers):
    """Persons inline, in tokens that are spent, in tokens that never are, and in requests that are refused."""
    account = {
        "type": "custom",
        "country": "US",
        "capabilities[transfers][requested]": "true",
        "capabilities[card_payments][requested]": "true",
    }
    company = send("/v1/accounts", {**account, "business_type": "company", "company[tax_id]": TAX_ID})["id"]
    path = f"/v1/accounts/{company}/persons"
    person = send(path, {**born(BORN), "first_name": NAME, "id_number": ID_NUMBER, "maiden_name": NAME})["id"]
    held = {**born(BORN, "person"), "person[last_name]": NAME, "person[id_number]": ID_NUMBER}
    spent = {"person_token": send("/v1/tokens", held)["id"]}
    assert send(f"{path}/{person}", spent)["last_name"] == NAME
    for params in (spent, {"id_number": send("/v1/tokens", {"pii[id_number]": ID_NUMBER})["id"]}):
        send(f"{path}/{person}", params)
    whole = {
        f"account[individual]{name}": value
        for name, value in bracketed({**born(BORN), "id_number": ID_NUMBER})
    }
    accepted = {"account[business_type]": "individual", "account[tos_shown_and_accepted]": "true"}
    made = send("/v1/accounts", {**account, "account_token": send("/v1/tokens", {**accepted, **whole})["id"]})
    assert made["individual"]["id_number_provided"] is True
    leave_unspent(send, account, path, person)
    for owner, where in (
        (company, path),
        (company, f"{path}/{person}"),
        (company, "/v1/events"),
        (company, "/v1/account"),
    ):
        reply = server.request("GET", where, key=key, headers={"Stripe-Account": owner})
        assert reply.status == 200
        answers.append(reply.body)


def born(year, root=""):
    """A date of birth as a form has it."""
    names = [f"{root}[dob]" if root else "dob"] * 3
    return {
        f"{name}[{part}]": value
        for name, part, value in zip(names, ("day", "month", "year"), ("23", "11", year), strict=True)
    }


def bracketed(params):
    """The names of parameters as they are inside a hash."""
    for name, value in params.items():
        head, bracket, rest = name.partition("[")
        yield f"[{head}]{bracket}{rest}", value


def leave_unspent(send, account, path, person):
    """What is in a token that nobody spends, or that is spent in vain, and what a refused request holds."""
    given = {**born(UNSPENT_YEAR), "first_name": UNSPENT, "id_number": UNSPENT_NUMBER, "maiden_name": UNSPENT}
    in_person = {f"person{name}": value for name, value in bracketed(given)}
    in_account = {f"account[individual]{name}": value for name, value in bracketed(given)}
    token = send("/v1/tokens", in_person)["id"]
    data = send(
        "/v1/tokens",
        {**in_account, "account[company][tax_id]": UNSPENT_NUMBER, "account[company][name]": UNSPENT},
    )["id"]
    wrong = {"dob[day]": "45", "gender": "x", "nonsense": "x", "phone": "1", "address[country]": "x"}
    for name, value in wrong.items():
        send(path, {**given, name: value})
        send(f"{path}/{person}", {**given, name: value})
        send(path, {"person_token": token, name: value})
        send("/v1/tokens", {**in_person, "person[nonsense]": value})
    for params in (
        {"account_token": data}, {"account_token": token}, {"account_token": data, **in_account},
        {f"individual{name}": value for name, value in bracketed(given)},
        {"company[tax_id]": UNSPENT_NUMBER + "0", "company[name]": UNSPENT, "business_type": "company"},
    ):  # fmt: skip
        send("/v1/accounts", {**account, **params})
    for wrong_place in (
        "id_number[a]",
        "person_token",
        "verification[document][front]",
        "documents[visa][files][]",
    ):
        send(path, {wrong_place: UNSPENT_NUMBER})
    send(f"{path}/{UNSPENT_NUMBER}", {"first_name": UNSPENT, "ssn_last_4": UNSPENT_NUMBER})


def test_no_secret_is_in_any_file_log_or_answer(tmp_path):
    with Server(tmp_path / "data") as server:
        answers = work_a_day(server)
        while_running = found_in(tmp_path, SECRETS)
    after_stopping = found_in(tmp_path, SECRETS)

    assert while_running == after_stopping == []
    everything = b"".join(answers)
    for secret in [*NUMBERS, *HIDDEN, ID_NUMBER, TAX_ID, UNSPENT, UNSPENT_NUMBER, DOCUMENT]:
        assert secret.encode() not in everything
    for shown in SHOWN:
        assert shown.encode() in everything
    for shown in map(json.loads, answers):
        said = set(leaves(shown)) if shown.get("type") in DATA_TOKENS else set(leaves(shown.get("error", {})))
        assert not {BORN, UNSPENT_YEAR, NAME} & said


def test_no_secret_is_in_any_table_of_postgresql(tmp_path, postgres):
    database = postgres.fresh_database()
    with Server(tmp_path / "data", database) as server:
        work_a_day(server)
    dump = tmp_path / "dump"
    dump.mkdir()
    (dump / "all.sql").write_bytes(postgres.dump(database))

    assert found_in(tmp_path, SECRETS) == []
    assert (dump / "all.sql").stat().st_size > 10_000


def leaves(value):
    """Every text anywhere in a document, those inside stored answers included."""
    if isinstance(value, dict):
        yield from itertools.chain.from_iterable(leaves(part) for pair in value.items() for part in pair)
    elif isinstance(value, list):
        yield from itertools.chain.from_iterable(map(leaves, value))
    elif isinstance(value, bytes):
        yield from leaves(json.loads(value))
    else:
        yield str(value)


async def opened_documents(data_dir):
    """Every sealed document of a stopped server, opened with its own keys."""
    house = await open_house(Settings(data_dir))
    try:
        for table in sorted(TABLES.keys() - {"records", "fingerprints", "installation", "file_segments"}):
            for row in await house.store.scan(table, 0, 10_000):
                keyring = await house.keyring(row.account, row.livemode)
                yield msgspec.msgpack.decode(keyring.open_document(table, row.id, row.doc))
    finally:
        await house.close()


def test_no_security_code_is_even_behind_a_seal(tmp_path):
    """Four digits are in any file by chance, so we look where a value would be: at every leaf of every document."""

    async def all_leaves():
        return [leaf async for document in opened_documents(tmp_path / "data") for leaf in leaves(document)]

    with Server(tmp_path / "data") as server:
        work_a_day(server)
    everything = asyncio.run(all_leaves())
    assert NAME in everything
    assert not {CODE, *CODES.values()} & set(everything)


def test_every_type_that_takes_a_secret_had_its_part_in_the_day():
    takes_one = {kind for kind, page in method_types().items() if any(take.secret for take in page.take)}
    assert METHODS.keys() == takes_one


def test_numbers_and_unspent_data_are_in_no_document_and_records_alone_hold_them(tmp_path):
    """A row's document is sealed too, but what answers do not show is not even in there."""

    async def all_leaves():
        return [leaf async for document in opened_documents(tmp_path / "data") for leaf in leaves(document)]

    with Server(tmp_path / "data") as server:
        work_a_day(server)
    everything = asyncio.run(all_leaves())
    assert {NAME, BORN} <= set(everything)
    assert UNSPENT_YEAR not in everything
    text = "\n".join(everything)
    assert [secret for secret in (ID_NUMBER, TAX_ID, UNSPENT, UNSPENT_NUMBER, BANK) if secret in text] == []


@pytest.mark.parametrize(
    ("secret", "spelling"), list(itertools.product(["4242424242424242", NAME], range(6)))
)
def test_a_planted_leak_is_found(tmp_path, secret, spelling):
    name, hidden = list(spellings(secret))[spelling]
    if name.startswith("base64+"):
        hidden = base64.b64encode(b"\0" * int(name[-1]) + secret.encode())
    (tmp_path / "planted").write_bytes(b"before " + hidden + b" after")
    assert found_in(tmp_path, [secret])


def test_the_files_are_for_nobody_else(tmp_path):
    with Server(tmp_path / "data") as server:
        server.client("sk_test_modes").v1.tokens.create({"card": VISA})
        assert (tmp_path / "data").stat().st_mode & 0o077 == 0
        assert (tmp_path / "data" / "root.key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("engine", ["sqlite", "postgres"])
def test_what_webhooks_are_signed_with_and_where_they_go_is_sealed_and_in_no_log(
    tmp_path, database_for, request, engine
):
    home, hidden = tmp_path / "home", "X9-hidden-in-the-path"
    database = database_for(engine)
    with Receiver(tmp_path / "receiver") as receiver, Server(home / "data", database) as server:
        stripe = server.client("sk_test_canary").v1
        params = {"enabled_events": ["*"], "url": receiver.url(f"/ok/{hidden}")}
        endpoint = stripe.webhook_endpoints.create(params, {"idempotency_key": "once"})
        stripe.webhook_endpoints.create({**params, "url": receiver.url(f"/status/500?{hidden}")})
        stripe.customers.create({"name": NAME})
        eventually(receiver.received, until=lambda found: len(found) == 2)
        secrets = [endpoint.secret, hidden, NAME]
        assert all(NAME.encode() in one.body for one in receiver.received())
        while_running = found_in(home, secrets)
    if engine == "postgres":
        (home / "all.sql").write_bytes(request.getfixturevalue("postgres").dump(database))

    assert while_running == found_in(home, secrets) == []
