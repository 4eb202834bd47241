"""Small files of every type that can be uploaded, and multipart bodies written by hand."""

import io
import zipfile
import zlib

BOUNDARY = "8675309"
"""The SDK's older releases wrote a bare integer like this one."""


def png(size=0):
    """A picture of one pixel, filled up to `size` bytes behind its end mark."""

    def chunk(name, data):
        return len(data).to_bytes(4) + name + data + zlib.crc32(name + data).to_bytes(4)

    header = chunk(b"IHDR", bytes.fromhex("00000001000000010800000000"))
    whole = b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    return whole.ljust(size, b"\0")


def pdf(text=b"", size=0):
    return (b"%PDF-1.4\n" + text + b"\n%%EOF\n").ljust(size, b"\n")


def archive(*members):
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as zipped:
        for member in members:
            zipped.writestr(member, "x")
    return held.getvalue()


JPG = b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(20)
GIF = b"GIF89a" + bytes(20)
DOCX = archive("[Content_Types].xml", "word/document.xml")
XLSX = archive("[Content_Types].xml", "xl/workbook.xml")
APK = archive("AndroidManifest.xml")


def part(name, value, *, filename=None, headers=()):
    """One part: a field, or with `filename` a file."""
    disposition = f'form-data; name="{name}"' + ("" if filename is None else f'; filename="{filename}"')
    lines = [f"Content-Disposition: {disposition}", *headers, "", ""]
    return "\r\n".join(lines).encode() + (value if isinstance(value, bytes) else value.encode())


def multipart(*parts, boundary=BOUNDARY):
    """A whole body."""
    delimiter = f"--{boundary}".encode()
    return b"".join(delimiter + b"\r\n" + one + b"\r\n" for one in parts) + delimiter + b"--\r\n"


def upload(content, purpose="identity_document", filename="a.png", **fields):
    """The body of an upload as it should be."""
    scalars = [part(name, value) for name, value in {"purpose": purpose, **fields}.items()]
    return multipart(*scalars, part("file", content, filename=filename))


def upload_as(server, key, content, *, purpose="identity_document", account=None):
    """Upload a picture and return its id."""
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"}
    if account is not None:
        headers["Stripe-Account"] = account
    return server.request("POST", "/v1/files", upload(content, purpose), key=key, headers=headers).json["id"]
