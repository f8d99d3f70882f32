"""A form is read as its client meant it, or refused with a sentence that says what to send instead."""

from hashlib import md5, sha256

import pytest

from shared.edge.multipart import MalformedMultipart, parse_form
from shared.errors import AppError, PayloadTooLarge, Unprocessable
from tests.shared.edge.forms import BOUNDARY, PHOTO, body, file, form, part, sent, sent_as_text, text

LIMIT = 100_000
FILE = file()


def read(request, **changes):
    return parse_form(request, **{"max_file_bytes": LIMIT} | changes)


def test_the_photo_and_the_fields_come_out_as_they_were_sent():
    found = read(form(text("project_id", "7"), file(PHOTO, "Content-Type: Image/JPEG"), text("note", "größer 📷")))

    assert found.fields == {"project_id": "7", "note": "größer 📷"}
    assert bytes(found.file.content) == PHOTO
    assert (found.file.file_name, found.file.declared_mime, found.file.size) == ("a.jpg", "image/jpeg", len(PHOTO))


def test_the_hashes_are_those_of_the_file_alone():
    found = read(form(text("a", "b"), FILE)).file

    assert found.sha256 == sha256(PHOTO).hexdigest()
    assert found.md5 == md5(PHOTO, usedforsecurity=False).hexdigest()


def test_the_content_cannot_be_changed_by_who_reads_it():
    found = read(form(FILE)).file

    with pytest.raises(TypeError):
        found.content[0] = 0


@pytest.mark.parametrize("name", ["file", "photo"])
def test_both_names_for_the_file_are_known(name):
    assert bytes(read(form(file(name=name))).file.content) == PHOTO


def test_a_door_may_call_its_file_otherwise():
    found = read(form(file(name="image")), file_fields=("image",))

    assert bytes(found.file.content) == PHOTO


def test_a_boundary_inside_the_file_does_not_cut_it():
    mark = BOUNDARY.encode()
    content = b"--" + mark + b"--\r\n--" + mark[:-1] + b"\r\n\n--" + mark + b"\r--" + mark + b"\r\n"

    assert bytes(read(form(file(content), text("a", "b"))).file.content) == content


@pytest.mark.parametrize("start", [b"", b"\r\n", b"to whom it may concern\r\n"])
@pytest.mark.parametrize("end", [b"", b"\r\n", b"yours\r\n"])
def test_a_little_around_the_form_does_not_matter(start, end):
    found = read(sent(start + body(FILE) + end))

    assert bytes(found.file.content) == PHOTO


@pytest.mark.parametrize("encoding", ["binary", "8bit", "7BIT"])
def test_a_part_that_says_its_bytes_are_as_they_are_is_read(encoding):
    assert read(form(file(PHOTO, f"Content-Transfer-Encoding: {encoding}"))).file.size == len(PHOTO)


def test_a_form_that_came_as_text_is_read_as_utf_8():
    found = read(sent_as_text(body(file(b"plain"), text("note", "größer 📷")).decode()))

    assert (bytes(found.file.content), found.fields) == (b"plain", {"note": "größer 📷"})


NAMED = 'name="file"; filename="a"'
REFUSED = {
    "no body": (b"", "boundary"),
    "no part": (body(), "not complete"),
    "an empty line and no part": (b"\r\n" + body(), "no file"),
    "another boundary": (body(FILE, boundary="other"), "boundary"),
    "words before the first boundary": (b"x" + body(FILE), "CRLF"),
    "a body cut before the final boundary": (body(FILE)[:-30], "not complete"),
    "a body cut in the final boundary": (body(FILE)[:-3], "not complete"),
    "a body that ends in a header": (body(FILE, b'Content-Disposition: form-data; name="a"'), "cannot be read"),
    "two ends": (body(FILE) + body(), "Unexpected data after end"),
    "line feeds alone": (body(FILE).replace(b"\r\n", b"\n"), "not complete"),
    "line feeds in the headers": (body(FILE.replace(b"\r\n", b"\n")), "cannot be read"),
    "a line feed after the boundary": (body(FILE).replace(b"gW\r\n", b"gW\n", 1), "cannot be read"),
    "a lone line feed in a header": (body(file(PHOTO, "X-A: 1\nX-B: 2")), "control character"),
    "a NUL in a file name": (body(file(file_name="a\0.jpg")), "control character"),
    "a continued header": (body(file(PHOTO, "X-A: 1", " 2")), "cannot be read"),
    "a header without a colon": (body(file(PHOTO, "X-A")), "cannot be read"),
    "a header that is not UTF-8": (body(FILE.replace(b"a.jpg", b"\xe4.jpg")), "cannot be read"),
    "text behind a boundary": (body(FILE + b"\r\n--" + BOUNDARY.encode() + b"x"), "cannot be read"),
    "no disposition": (body(b"Content-Type: image/jpeg\r\n\r\nx"), "cannot be read"),
    "another disposition": (body(FILE.replace(b"form-data", b"attachment")), "cannot be read"),
    "two dispositions": (body(file(PHOTO, 'Content-Disposition: form-data; name="a"')), "same header twice"),
    "two types": (body(file(PHOTO, "Content-Type: a/b", "content-type: c/d")), "same header twice"),
    "no name": (body(FILE, part("a=b", b"x")), "cannot be read"),
    "an empty name": (body(FILE, text("", "x")), "1 to 64"),
    "a name of 65 characters": (body(FILE, text("n" * 65, "x")), "1 to 64"),
    "two names in one part": (body(part(NAMED + '; name="b"', b"x")), "each given once"),
    "two file names in one part": (body(part(NAMED + '; FileName="b"', b"x")), "each given once"),
    "garbage between options": (body(part(NAMED + ' x; a="b"', b"x")), "value and options"),
    "a quote that never ends": (body(part(NAMED + '; a="b', b"x")), "value and options"),
    "a field twice": (body(FILE, text("a", "1"), text("a", "1")), '"a" twice'),
    "two files of one name": (body(FILE, FILE), "two files"),
    "two files of both names": (body(FILE, file(name="photo")), "two files"),
    "a file and a text of one name": (body(FILE, text("file", "x")), "is a text"),
    "a text where the file should be": (body(text("photo", "[object Object]")), "is a text"),
    "a file of another name": (body(file(name="image")), '"image".* "file" or "photo"'),
    "no file": (body(text("a", "b")), 'no file.* "file" or "photo"'),
    "base64 inside": (body(file(b"aGk=", "Content-Transfer-Encoding: BASE64")), "unsupported"),
    "quoted-printable inside": (body(file(b"=FF", "Content-Transfer-Encoding: quoted-printable")), "unsupported"),
    "a text in another charset": (
        body(FILE, part('name="a"', b"x", "Content-Type: text/plain; charset=utf-16")),
        "charset",
    ),
    "a type that is none": (body(file(PHOTO, "Content-Type: image/jpeg, image/png")), "Content-Type must be"),
    "a text that is not UTF-8": (body(FILE, part('name="a"', b"\xff")), "not UTF-8"),
    "half of a surrogate pair": (body(FILE, part('name="a"', b"\xed\xa0\x80")), "not UTF-8"),
    "a NUL in a text": (body(FILE, text("a", "x\0")), "NUL"),
    "an unknown charset for a file name": (body(part("name=file; filename*=utf-7''a", b"x")), r"filename\*"),
    "a file name in broken UTF-8": (body(part("name=file; filename*=utf-8''%ff", b"x")), r"filename\*"),
    "a wrong length of a part": (body(file(PHOTO, "Content-Length: 3")), "cannot be read"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_it_refuses(what):
    content, why = REFUSED[what]

    with pytest.raises(AppError, match=why) as caught:
        read(sent(content))

    assert caught.value.status == 400


def test_a_program_can_tell_a_malformed_form_from_other_mistakes():
    with pytest.raises(MalformedMultipart) as caught:
        read(sent(b"nothing"))

    assert caught.value.code == "malformed_multipart"


def test_an_empty_file_is_told_apart():
    with pytest.raises(Unprocessable, match="file is empty") as caught:
        read(form(file(b"")))

    assert caught.value.status == 422


def test_a_file_that_is_too_large_is_shown_the_other_door():
    assert read(form(FILE), max_file_bytes=len(PHOTO)).file.size == len(PHOTO)

    with pytest.raises(PayloadTooLarge, match="upload-url") as caught:
        read(form(FILE), max_file_bytes=len(PHOTO) - 1)

    assert caught.value.facts == {
        "max_bytes": len(PHOTO) - 1,
        "upload_url_endpoint": "/api/v1/photos/upload-url",
    }


@pytest.mark.parametrize("damage", [0xFFFD, 0xD800])
def test_bytes_that_were_lost_on_the_way_are_noticed(damage):
    content = body(file(b"JFIF")).decode().replace("JFIF", chr(damage))

    with pytest.raises(MalformedMultipart, match="not text were lost"):
        read(sent_as_text(content))
