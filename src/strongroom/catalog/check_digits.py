"""The checksums that catch a mistyped number: Luhn for cards, ABA for US routing numbers, mod 97 for IBANs, CLABE for Mexico.

All take text that is known to be ASCII digits (letters too for an IBAN) and answer yes or no.
"""

from typing import Final

_ZERO: Final = ord("0")

# ASCII digit → what it adds to the Luhn sum where it counts double: 2 × digit, with 9 taken off from 10 on.
_DOUBLED: Final = bytes.maketrans(b"0123456789", bytes((0, 2, 4, 6, 8, 1, 3, 5, 7, 9)))

_ABA_LENGTH: Final = 9
_CLABE_LENGTH: Final = 18


def luhn_ok(number: str) -> bool:
    """Whether the last of the ASCII digits in `number` is the right Luhn check digit for the others."""
    digits = number.encode("ascii")
    single = digits[::-2]
    return (sum(single) - _ZERO * len(single) + sum(digits[-2::-2].translate(_DOUBLED))) % 10 == 0


def aba_ok(routing: str) -> bool:
    """Whether nine ASCII digits pass the checksum of US routing numbers: weights 3, 7, 1."""
    if len(routing) != _ABA_LENGTH:
        return False
    digits = [int(digit) for digit in routing]
    return (3 * sum(digits[0::3]) + 7 * sum(digits[1::3]) + sum(digits[2::3])) % 10 == 0


def clabe_ok(number: str) -> bool:
    """Whether ASCII digits are a CLABE, Mexico's account numbers: weights 3, 7, 1, of each product its last digit."""
    if len(number) != _CLABE_LENGTH:
        return False
    weighted = (int(digit) * weight % 10 for digit, weight in zip(number, (3, 7, 1) * 6, strict=True))
    # The last digit's own weight is one, and it makes the sum a multiple of ten.
    return sum(weighted) % 10 == 0


def iban_ok(iban: str) -> bool:
    """Whether ASCII letters (upper case) and digits pass the checksum of ISO 13616: 1 modulo 97."""
    rearranged = iban[4:] + iban[:4]
    return int("".join(str(int(character, 36)) for character in rearranged)) % 97 == 1
