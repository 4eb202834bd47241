"""The wire's shape: which operations there are, what they take, and what is answered.

Data, generated from the official SDK by `tools/build_contract.py`; here it is loaded once and compiled where it is used:
`model` routes, `compile` validates, `refusals` words what was wrong, `expand` checks expansions, `render` completes answers.
"""

from strongroom.contract.fit import fit
from strongroom.contract.model import Contract, Operation, contract
from strongroom.contract.render import ContractBroken, hide_from_publishable, renderer

__all__ = [
    "Contract",
    "ContractBroken",
    "Operation",
    "contract",
    "expandable",
    "fit",
    "hide_from_publishable",
    "renderer",
]


def expandable(type_name: str, field: str) -> tuple[str, ...]:
    """Return the types a field may be expanded to, such as `("customer",)`; empty if it holds no reference.

    Args:
        type_name: the resource, such as `payment_method`.
        field: a field of it, or a dotted path through its hashes, such as `invoice_settings.default_payment_method`.
    """
    return contract().expansions.targets(type_name, field)
