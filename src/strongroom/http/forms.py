"""Stripe's form dialect: `card[number]=…&expand[0]=a&expand[]=b` to a tree, within bounds.

The tree has strings as leaves and dictionaries everywhere else. An array is a dictionary with decimal keys: only the
contract knows whether `x[0]=…` is the first item of a list or the key `0` of a map, so the decision is left to it.

Parsing is iterative and its cost is bounded by `limits`: pairs, nesting and size, whatever is sent. Bytes that are not
UTF-8, and NUL, are refused, so that nothing after this has to think of them.
"""

from typing import Any, Final
from urllib.parse import unquote_plus

from strongroom import errors, limits

Tree = dict[str, Any]

REMEMBERED_MAX: Final = 2_048
REMEMBERED_LENGTH_MAX: Final = 64


def decode(*sources: bytes) -> Tree:
    """Return the tree of all `sources` (query first, then body); where they name the same leaf the later wins.

    Raises:
        errors.ParameterRefused: not UTF-8, NUL, too many pairs, too deep, or one name used as value and as hash.
    """
    tree: Tree = {}
    for source in sources:
        if source:
            _decode_into(tree, source)
    return tree


def _decode_into(tree: Tree, source: bytes) -> None:
    pairs = _text(source).split("&")
    if len(pairs) > limits.PARAMETERS_MAX:
        raise errors.ParameterRefused(
            f"You passed too many parameters; at most {limits.PARAMETERS_MAX} are read."
        )
    for pair in pairs:
        if not pair:
            continue
        name, _, value = pair.partition("=")
        if "%" in value:
            value = _unquoted(value)
        elif "+" in value:
            value = value.replace("+", " ")
        path = _known_paths.get(name) or _path(name)
        # Nearly every name is `a` or `a[b]`; what is more, or stands for two things at once, is looked at closely.
        node = tree.setdefault(path[0], {}) if len(path) == 2 else tree  # noqa: PLR2004 -- `a[b]`
        leaf = path[-1]
        if leaf and len(path) <= 2 and type(node) is dict and type(node.get(leaf)) is not dict:  # noqa: PLR2004
            node[leaf] = value
        else:
            _put(tree, path, value)


def _text(source: bytes) -> str:
    if b"\0" in source or b"%00" in source:
        raise errors.ParameterRefused("The request holds a NUL character.")
    try:
        return source.decode("utf-8")
    except UnicodeDecodeError:
        raise errors.ParameterRefused("The request is not valid UTF-8.") from None


def _unquoted(text: str) -> str:
    try:
        return unquote_plus(text, errors="strict")
    except UnicodeDecodeError:
        raise errors.ParameterRefused("The request is not valid UTF-8.") from None


_known_paths: dict[str, tuple[str, ...]] = {}


def _path(name: str) -> tuple[str, ...]:
    """Split a parameter's name. Names repeat and are remembered from request to request, unless one is a card number."""
    path = _split(_unquoted(name) if "%" in name or "+" in name else name)
    if len(name) <= REMEMBERED_LENGTH_MAX and not errors.holds_long_number(name):
        if len(_known_paths) >= REMEMBERED_MAX:
            _known_paths.clear()
        _known_paths[name] = path
    return path


def _split(name: str) -> tuple[str, ...]:
    """`a[b][]` to ("a", "b", ""); a name whose brackets do not balance is one literal segment."""
    root, bracket, rest = name.partition("[")
    if not bracket or not root or not rest.endswith("]"):
        return (name,)
    segments = rest[:-1].split("][")
    if len(segments) >= limits.NESTING_MAX:
        raise errors.ParameterRefused(
            f"The parameters are nested too deeply; at most {limits.NESTING_MAX} levels are read."
        )
    if any("[" in segment or "]" in segment for segment in segments):
        return (name,)
    return (root, *segments)


def _put(tree: Tree, path: tuple[str, ...], value: str) -> None:
    node = tree
    last = len(path) - 1
    for depth in range(last):
        segment = path[depth] or _open_item(node, path[depth + 1 :])
        child = node.get(segment)
        if child is None:
            child = node[segment] = {}
        elif type(child) is str:
            raise _both_value_and_hash(path)
        node = child
    leaf = path[last] if path[last] or not last else _free_index(node)
    if type(node.get(leaf)) is dict:
        raise _both_value_and_hash(path)
    node[leaf] = value


def _free_index(node: Tree) -> str:
    """The key of a new item: `a[]` appends, also after `a[0]`."""
    index = len(node)
    while str(index) in node:
        index += 1
    return str(index)


def _open_item(node: Tree, rest: tuple[str, ...]) -> str:
    """`items[][price]=…&items[][quantity]=…` fills one item until a name is repeated, which opens the next."""
    if not node:
        return "0"
    newest = next(reversed(node))
    return _free_index(node) if _holds(node[newest], rest) else newest


def _holds(item: Any, path: tuple[str, ...]) -> bool:
    for segment in path:
        if type(item) is not dict:
            return True
        if not segment:
            return False
        if segment not in item:
            return False
        item = item[segment]
    return True


def _both_value_and_hash(path: tuple[str, ...]) -> errors.ParameterRefused:
    root = errors.echo(path[0])
    return errors.ParameterRefused("Invalid object", param=root)
