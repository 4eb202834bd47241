"""The arrows between the folders, read from the source: nothing calls back up, and only the vault does cryptography."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "strongroom"

LEAVES = {"errors", "ids", "clock", "secret", "limits", "config"}
MAY_IMPORT = {
    **dict.fromkeys(LEAVES, LEAVES),
    "catalog": LEAVES,
    "contract": LEAVES,
    "store": LEAVES,
    "domain": LEAVES | {"catalog"},
    "connectors": LEAVES | {"catalog", "domain"},
    "vault": LEAVES | {"catalog", "domain"},
    "installation": LEAVES | {"store", "vault"},
    "outbox": LEAVES | {"domain", "store", "vault"},
    "account_clocks": LEAVES | {"store"},
    "house": LEAVES | {"account_clocks", "installation", "outbox", "store", "vault"},
    "resources": LEAVES
    | {"account_clocks", "catalog", "connectors", "contract", "domain", "house", "outbox", "store", "vault"},
    "workers": LEAVES | {"domain", "house", "installation", "outbox", "resources", "store", "vault"},
    "http": LEAVES
    | {
        "catalog",
        "contract",
        "customer_pages",
        "dashboard",
        "house",
        "resources",
        "store",
        "vault",
        "workers",
    },
    "customer_pages": LEAVES | {"catalog", "domain", "resources"},
    "dashboard": LEAVES | {"catalog", "contract", "domain", "house", "resources", "store", "vault"},
    "options": LEAVES | {"house", "store", "vault"},
    "develop": LEAVES | {"catalog", "contract", "domain", "house", "options", "resources", "store", "vault"},
    "welcome": LEAVES | {"house", "resources"},
}
MAY_IMPORT["cli"] = MAY_IMPORT["__main__"] = {*MAY_IMPORT, "cli"}

VAULT_ONLY = {"argon2", "cryptography", "hmac"}


def rooms_and_imports(source):
    """Each module's room, and the full names of what it imports anywhere in its text."""
    for path in sorted(source.rglob("*.py")):
        room = path.relative_to(source).parts[0].removesuffix(".py")
        names = set()
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Import):
                names |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                names |= {f"{node.module}.{alias.name}" for alias in node.names}
        yield room, path, names


def wrong_arrows(source):
    faults = []
    for room, path, names in rooms_and_imports(source):
        for name in names:
            parts = name.split(".")
            inside = parts[0] == "strongroom" and len(parts) > 1 and parts[1] != "__version__"
            if inside and parts[1] != room and parts[1] not in MAY_IMPORT.get(room, set()):
                faults.append(f"{path.name} ({room}) imports {name}")
            if parts[0] in VAULT_ONLY and room != "vault":
                faults.append(f"{path.name} ({room}) imports {name}")
    return faults


def revealers(source):
    """Modules outside the vault that open a `Secret`."""
    return [
        path.name
        for path in sorted(source.rglob("*.py"))
        if path.parent.name != "vault" and path.name != "secret.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == "reveal"
    ]


def test_imports_point_one_way():
    assert wrong_arrows(SOURCE) == []


def test_only_the_vault_opens_a_secret():
    assert revealers(SOURCE) == []


@pytest.mark.parametrize(
    ("where", "line", "fault"),
    [
        (
            "store/rows.py",
            "from strongroom.vault import Vault",
            "rows.py (store) imports strongroom.vault.Vault",
        ),
        ("domain/cards.py", "import hmac", "cards.py (domain) imports hmac"),
    ],
)
def test_a_planted_wrong_arrow_is_seen(tmp_path, where, line, fault):
    planted = tmp_path / where
    planted.parent.mkdir()
    planted.write_text(line + "\n")
    assert wrong_arrows(tmp_path) == [fault]


def test_a_planted_revealer_is_seen(tmp_path):
    planted = tmp_path / "resources" / "tokens.py"
    planted.parent.mkdir()
    planted.write_text("number.reveal()\n")
    assert revealers(tmp_path) == ["tokens.py"]


def test_no_module_is_longer_than_a_head_can_hold():
    too_long = {path.name: len(path.read_text().splitlines()) for path in SOURCE.rglob("*.py")}
    assert {name: lines for name, lines in too_long.items() if lines > 500} == {}
