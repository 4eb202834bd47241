"""Files are what their content says; the catalogue of purposes is whole, and a mistake in it is found when it is read."""

import copy

import pytest

from strongroom import errors
from strongroom.catalog import files
from strongroom.catalog.files import file_tables
from strongroom.catalog.reading import CatalogError, read
from strongroom.contract import contract
from strongroom.domain.files import check_file
from support.documents import APK, DOCX, GIF, JPG, XLSX, pdf, png

SAMPLES = {
    "apk": APK,
    "csv": b"a,b\n1,2\n",
    "docx": DOCX,
    "gif": GIF,
    "jpg": JPG,
    "json": b' {"a": 1}',
    "md": b"# Terms\n",
    "pdf": pdf(),
    "pem": b"-----BEGIN CERTIFICATE-----\n",
    "png": png(),
    "svg": b"<svg xmlns='http://www.w3.org/2000/svg'/>",
    "txt": "Übereinkunft".encode(),
    "xlsx": XLSX,
}
PURPOSES = sorted(file_tables().purposes)


def check(content, purpose, filename=None, declared=None):
    tables = file_tables()
    return check_file(
        content, tables.purposes[purpose], tables.types, filename=filename, declared=declared
    ).name


def test_every_purpose_of_the_contract_has_its_rules_and_no_other():
    assert sorted(contract().shapes.enums["FileCreateParams.purpose"]) == PURPOSES


def test_there_is_a_sample_of_every_type():
    assert SAMPLES.keys() == file_tables().types.keys()


@pytest.mark.parametrize("purpose", PURPOSES)
@pytest.mark.parametrize("sample", sorted(SAMPLES))
def test_a_purpose_takes_its_types_and_no_other(purpose, sample):
    allowed = {one.name for one in file_tables().purposes[purpose].types}
    by_name = f"x.{sample}"
    if sample in allowed:
        assert check(SAMPLES[sample], purpose, by_name) == sample
    else:
        with pytest.raises(errors.ParameterRefused) as refusal:
            check(SAMPLES[sample], purpose, by_name)
        assert (refusal.value.param, refusal.value.code) == ("file", None)


def test_the_refusal_of_a_type_is_stripes_sentence():
    with pytest.raises(errors.ParameterRefused) as refusal:
        check(GIF, "identity_document")
    assert refusal.value.message == (
        "We don't currently support that file type. Try uploading a file with one of the following mimetypes: "
        "application/pdf, image/jpeg, image/png."
    )


@pytest.mark.parametrize(
    ("filename", "declared", "fits"),
    [
        (None, None, True),
        ("passport", "application/octet-stream", True),
        ("passport.PNG", "image/png", True),
        ("passport.heic", "image/heic", True),
        ("a.b.c", "", True),
        ("passport.pdf", None, False),
        ("passport.png", "image/jpeg", False),
        ("passport.jpeg", "image/png", False),
    ],
)
def test_what_a_client_calls_a_file_must_not_contradict_its_content(filename, declared, fits):
    if fits:
        assert check(png(), "identity_document", filename, declared) == "png"
    else:
        with pytest.raises(errors.ParameterRefused, match="something else"):
            check(png(), "identity_document", filename, declared)


@pytest.mark.parametrize("purpose", PURPOSES)
def test_size_is_bounded_by_the_purpose(purpose):
    rules = file_tables().purposes[purpose]
    kind = rules.types[0]
    exact = SAMPLES[kind.name].ljust(rules.bytes_max, b"\n")
    assert check(exact, purpose) == kind.name
    with pytest.raises(errors.ParameterRefused, match="too large"):
        check(exact + b"\n", purpose)
    with pytest.raises(errors.ParameterRefused, match="empty"):
        check(b"", purpose)


@pytest.mark.parametrize("content", [b"\0", b"a,b\x1b[2J", b"\xff\xfe", b"\x7fELF", b"PK\x03\x04nothing"])
def test_what_nobody_recognises_is_no_text_either(content):
    with pytest.raises(errors.ParameterRefused, match="support that file type"):
        check(content, "tax_document_user_upload", "a.csv")


MISTAKES = {
    "a type known by nothing": lambda d: d["types"]["png"].pop("starts"),
    "a type known by two things": lambda d: d["types"]["png"].update(text=True),
    "a beginning of what is no text": lambda d: d["types"]["png"].update(begins=["x"]),
    "an extension twice": lambda d: d["types"]["png"]["extensions"].append("pdf"),
    "an unknown type": lambda d: d["purposes"]["pci_document"]["types"].append("bmp"),
    "larger than any upload": lambda d: d["purposes"]["pci_document"].update(kib_max=16385),
    "of no size": lambda d: d["purposes"]["pci_document"].update(kib_max=0),
    "an unknown downloader": lambda d: d["purposes"]["pci_document"].update(download="everyone"),
    "an unknown column": lambda d: d["purposes"]["pci_document"].update(colour="red"),
    "a magic name of no purpose": lambda d: d["magic"]["file_identity_document_success"].update(purpose="x"),
}


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_in_the_data_stops_the_start(mistake):
    document = copy.deepcopy(read("files"))
    mistake(document)
    with pytest.raises(CatalogError):
        files.build(document)
