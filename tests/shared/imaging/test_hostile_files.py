"""Whatever the bytes are, the answer is a verdict: facts for a database, or a refusal with its reason."""

import io
import json
import time
import warnings

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from PIL import Image

from shared.errors import AppError
from shared.imaging.check import check
from shared.imaging.exif import sanitise
from shared.imaging.probe import probe
from tests.shared.imaging.made import (
    EXPOSURE,
    MAKE,
    ORIENTATION,
    TAKEN,
    Stored,
    gps,
    jpeg,
    rational,
    saved,
    short,
    text,
    tiff,
)

EVERY = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic", "image/avif"})
BLOCK = tiff(
    (text(MAKE, b"Camera\0"), short(ORIENTATION, 6)),
    (text(TAKEN, b"2025:06:07 08:09:10\0"), rational(EXPOSURE, (1, 60))),
    gps((52, 1), (13, 1), rational(6, (30, 1))),
)
SEEDS = {
    "jpeg": jpeg((24, 16), exif=BLOCK, noise=50),
    "progressive": jpeg((24, 16), exif=BLOCK, noise=50, progressive=True),
    "png": saved(Image.effect_noise((24, 16), 50), "PNG", exif=b"Exif\0\0" + BLOCK),
    "webp": saved(Image.new("RGB", (24, 16)), "WEBP", exif=b"Exif\0\0" + BLOCK),
    "avif": saved(Image.new("RGB", (24, 16)), "AVIF"),
}
MUTATIONS = st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 255)), max_size=8)
FOLDERS = {"fuzz-jpeg": 20, "fuzz-png": 20, "fuzz-webp": 20, "pngsuite": 0, "orientation": 0}
"""How many files of each folder are refused at least; none of the last two may be."""


def verdict(judge, *args):
    refusal, facts = None, None
    try:
        facts = judge(*args, accept=EVERY)
    except AppError as error:
        refusal = error
    if refusal:
        assert refusal.status in {415, 422}
        assert len(refusal.message) > 20
        return None
    assert facts.width > 0
    assert facts.height > 0
    written = json.dumps([dict(facts.exif), facts.warnings], allow_nan=False)
    assert "\\u0000" not in written
    assert "\\ud8" not in written
    return facts


def changed(seed, mutations, cut):
    data = bytearray(seed)
    for at, value in mutations:
        data[at % len(data)] = value
    return bytes(data[: cut % (len(data) + 1)]) if cut else bytes(data)


@pytest.mark.parametrize("name", SEEDS)
@settings(max_examples=150, deadline=None)
@given(mutations=MUTATIONS, cut=st.one_of(st.just(0), st.integers(1, 10**6)))
@example(mutations=[], cut=0)
def test_a_changed_image_gets_a_verdict_and_both_doors_agree_on_its_facts(name, mutations, cut):
    data = changed(SEEDS[name], mutations, cut)

    probed, checked = verdict(probe, Stored(data).read, len(data)), verdict(check, data)

    assert checked is None or checked == probed


@settings(max_examples=400, deadline=None)
@given(mutations=MUTATIONS, cut=st.one_of(st.just(0), st.integers(1, 10**6)))
def test_changed_exif_is_always_fit_for_a_database(mutations, cut):
    facts, remarks = sanitise(changed(BLOCK, mutations, cut))

    written = json.dumps([facts, remarks], allow_nan=False)

    assert "\\u0000" not in written
    assert written.encode()


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"\0\0\0\x10ftypheic"]))
def test_any_bytes_get_a_verdict(data, head):
    verdict(check, head + data)


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_file_of_the_corpus_gets_a_quick_verdict(corpus, folder):
    found = []
    for path in sorted((corpus / folder).iterdir()):
        data, start = path.read_bytes(), time.process_time()
        found.append((path.name, verdict(check, data), verdict(probe, Stored(data).read, len(data))))
        assert time.process_time() - start < 5, path.name

    refused = [name for name, checked, _ in found if checked is None]
    assert all(checked is None or checked == probed for _, checked, probed in found)
    assert len(refused) >= FOLDERS[folder]
    assert FOLDERS[folder] or not refused


@pytest.mark.parametrize("folder", FOLDERS)
def test_what_is_accepted_is_decoded_by_pillow_later(corpus, folder):
    for path in sorted((corpus / folder).iterdir()):
        data = path.read_bytes()
        facts = verdict(check, data)
        if facts is not None:
            with Image.open(io.BytesIO(data)) as image:
                image.load()
                assert {image.width, image.height} == {facts.width, facts.height}, path.name


@pytest.mark.parametrize("name", ["png", "jpeg"])
@settings(max_examples=150, deadline=None)
@given(mutations=MUTATIONS)
def test_a_changed_image_that_is_accepted_can_be_decoded(name, mutations):
    data = changed(SEEDS[name], mutations, 0)
    if verdict(check, data) is None:
        return

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        Image.open(io.BytesIO(data)).load()


@pytest.mark.parametrize("kind", ["Landscape", "Portrait"])
def test_the_eight_orientations_all_show_the_same_way_up(corpus, kind):
    sizes = set()
    for orientation in range(1, 9):
        data = (corpus / "orientation" / f"{kind}_{orientation}.jpg").read_bytes()
        facts = verdict(probe, Stored(data).read, len(data))
        sizes.add(facts.width > facts.height)
        assert facts.exif["orientation"] == orientation

    assert sizes == {kind == "Landscape"}
