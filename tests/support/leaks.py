"""How a secret is looked for: in every file, however it may be written there."""

import base64


def spellings(secret):
    """The ways a value may hide in a file."""
    plain = secret.encode()
    yield "plain", plain
    yield "utf-16", secret.encode("utf-16-le")
    yield "hex", plain.hex().encode()
    yield "spaced", " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)).encode()
    yield "percent", b"".join(b"%%%02X" % byte for byte in plain)
    for shift in range(3):
        encoded = base64.b64encode(b"\0" * shift + plain)
        yield f"base64+{shift}", encoded[4 * ((shift + 2) // 3) + 2 : -4]
    if secret.isdigit() and len(secret) % 2 == 0:
        yield "bcd", bytes.fromhex(secret)


def found_in(folder, secrets):
    """Every spelling of every secret in every file below `folder`."""
    return [
        f"{name} {secret[-4:]} in {path.name}"
        for path in sorted(folder.rglob("*"))
        if path.is_file()
        for content in [path.read_bytes()]
        for secret in secrets
        for name, spelling in spellings(secret)
        if len(spelling) >= 4 and spelling in content
    ]
