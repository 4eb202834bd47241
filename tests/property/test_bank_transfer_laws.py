"""Of money that arrives: no payment is given more than it wants, and none is kept back while one waits."""

from hypothesis import given
from hypothesis import strategies as st

from strongroom.catalog.bank_transfers import bank_transfers
from strongroom.domain.bank_transfers import Open, allocate, iban, made_up, reference

MONEY = st.integers(1, 10_000)
SEEDS = st.text("abcXYZ019_", min_size=1)


@st.composite
def waiting(draw):
    wants = draw(st.lists(MONEY, max_size=6))
    return [Open(f"pi_{place}", wants_, reference(f"pi_{place}")) for place, wants_ in enumerate(wants)]


@given(
    MONEY, MONEY, waiting(), st.none() | st.sampled_from([f"for {reference(f'pi_{n}')}!" for n in range(6)])
)
def test_money_is_shared_out_whole_and_nobody_gets_more_than_they_want(money, received, payments, said):
    shares = dict(allocate(money, received, payments, said))
    wants = {one.id: one.remaining for one in payments}
    assert all(0 < share <= wants[name] for name, share in shares.items())
    assert sum(shares.values()) == min(money, sum(wants.values()))
    assert sum(share < wants[name] for name, share in shares.items()) <= 1


@given(MONEY, waiting())
def test_the_payment_that_is_named_comes_first(money, payments):
    for one in payments:
        shares = dict(allocate(money, money, payments, f"order {one.reference}"))
        assert shares[one.id] == min(money, one.remaining)


@given(MONEY, waiting())
def test_a_payment_of_just_the_sum_is_paid_whole(money, payments):
    exact = [one for one in payments if one.remaining == money]
    if exact:
        assert allocate(money, money, payments, None) == [(exact[0].id, money)]


@given(MONEY, waiting())
def test_otherwise_the_oldest_is_paid_first(money, payments):
    shares = allocate(money, 10_001, payments, None)
    assert [name for name, _ in shares] == [one.id for one in payments][: len(shares)]


@given(st.sampled_from(sorted(bank_transfers().ibans)), SEEDS)
def test_accounts_that_are_given_out_pass_their_checks(country, seed):
    number = iban(country, made_up(bank_transfers().ibans[country], seed))
    moved = number[4:] + number[:4]
    assert int("".join(str(int(one, 36)) for one in moved)) % 97 == 1


@given(st.from_regex(r"\A[#A-Z]{1,30}\Z"), SEEDS)
def test_what_is_made_up_is_the_same_for_the_same(template, seed):
    made = made_up(template, seed)
    assert made == made_up(template, seed)
    assert [one for one in zip(template, made, strict=True) if one[0] != "#" and one[0] != one[1]] == []
    assert "#" not in made
