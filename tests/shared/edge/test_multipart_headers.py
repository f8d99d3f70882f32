"""The headers of a form are read in every way that clients write them, and refused when they can be read in two."""

import pytest

from shared.edge.multipart import parse_form
from shared.errors import AppError, UnsupportedType
from tests.shared.edge.forms import BOUNDARY, PHOTO, body, file, form, part, sent

FILE = file()


def read(request):
    return parse_form(request, max_file_bytes=1_000)


DISPOSITIONS = {
    'filename="x.jpg"; name="file"': "x.jpg",
    "name=file; filename=x.jpg": "x.jpg",
    'NAME="file";FILENAME="x.jpg";': "x.jpg",
    'name="file"; filename="../../x.jpg"': "../../x.jpg",
    r'name="file"; filename="C:\photos\new.jpg"': r"C:\photos\new.jpg",
    r'name="file"; filename="\\srv\x.jpg"': r"\\srv\x.jpg",
    r'name="file"; filename="a \"b\" \\.jpg"': 'a "b" \\.jpg',
    'name="file"; filename="a %22b%22%0D%0A.jpg"': 'a "b"\r\n.jpg',
    'name="file"; filename="x; name=y.jpg"': "x; name=y.jpg",
    'name="file"; filename="größe 📷.jpg"': "größe 📷.jpg",
    'name="file"; filename=""': "",
    "name=\"file\"; filename*=UTF-8''gr%C3%B6%C3%9Fe%20x.jpg": "größe x.jpg",
    "name=\"file\"; filename*=iso-8859-1'de'gr%F6.jpg": "grö.jpg",
    'name="file"; filename*=utf-8\'\'other.jpg; filename="this.jpg"': "this.jpg",
}


@pytest.mark.parametrize("disposition", DISPOSITIONS)
def test_a_file_name_is_what_the_client_meant_and_stays_raw(disposition):
    found = read(form(part(disposition, PHOTO))).file

    assert found.file_name == DISPOSITIONS[disposition]
    assert bytes(found.content) == PHOTO


@pytest.mark.parametrize(
    "content_type",
    [
        f'Multipart/Form-Data; Boundary="{BOUNDARY}"',
        f"multipart/form-data;charset=UTF-8;boundary={BOUNDARY};",
    ],
)
def test_the_content_type_may_be_written_in_its_other_ways(content_type):
    assert read(sent(body(FILE), content_type=content_type)).file.size == len(PHOTO)


@pytest.mark.parametrize("boundary", ["b", "'()+_,-./:=? x", "b" * 70])
def test_every_legal_boundary_is_known(boundary):
    request = sent(body(FILE, boundary=boundary), content_type=f'multipart/form-data; boundary="{boundary}"')

    assert bytes(read(request).file.content) == PHOTO


UNSUPPORTED = {
    "json": ("application/json", {}, "multipart/form-data"),
    "another multipart": ("multipart/mixed; boundary=b", {}, "multipart/form-data"),
    "a longer name": ("multipart/form-data-x; boundary=b", {}, "multipart/form-data"),
    "gzip": (None, {"content_encoding": "gzip"}, "Content-Encoding"),
    "identity, gzip": (None, {"content_encoding": "identity, gzip"}, "Content-Encoding"),
}


@pytest.mark.parametrize("what", UNSUPPORTED)
def test_what_is_no_plain_form_gets_415(what):
    content_type, headers, why = UNSUPPORTED[what]

    with pytest.raises(UnsupportedType, match=why):
        read(sent(body(FILE), content_type=content_type, **headers))


@pytest.mark.parametrize(
    ("options", "why"),
    [
        ("", "boundary"),
        ("; boundary=", "value and options"),
        ('; boundary=""', "boundary"),
        ("; boundary=" + "b" * 71, "boundary"),
        ('; boundary="ends in space "', "boundary"),
        ('; boundary="a%b"', "boundary"),
        ('; boundary="a\nb"', "boundary"),
        ('; boundary="ä"', "boundary"),
        (f"; boundary={BOUNDARY}; boundary=other", "each given once"),
        (f"; boundary={BOUNDARY}; BOUNDARY={BOUNDARY}", "each given once"),
        (f"; boundary={BOUNDARY}; charset=utf-8; charset=utf-8", "each given once"),
        (f"; boundary={BOUNDARY}; charset=utf-16", "charset"),
        (f"; boundary={BOUNDARY}, multipart/form-data; boundary=b", "value and options"),
        (f"; boundary={BOUNDARY} b", "value and options"),
        (f'; boundary="{BOUNDARY}', "value and options"),
        (f"; boundary = {BOUNDARY}", "value and options"),
        (" garbage; boundary=b", "multipart/form-data"),
    ],
)
def test_a_content_type_that_can_be_read_in_two_ways_is_refused(options, why):
    with pytest.raises(AppError, match=why) as caught:
        read(sent(body(FILE), content_type="multipart/form-data" + options))

    assert caught.value.status in {400, 415}
