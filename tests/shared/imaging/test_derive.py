"""An original becomes a display, a thumb and a placeholder, and nothing else of it gets out."""

import io
import json

import pytest
from PIL import Image

from shared.errors import AppError, ImageTooLarge, UnprocessableImage, UnsupportedType
from shared.imaging.check import check
from shared.imaging.derive import derive
from shared.imaging.original import READABLE
from tests.shared.imaging.made import (
    MAKE,
    ORIENTATION,
    TAKEN,
    app1,
    chunk,
    gps,
    jpeg,
    png,
    saved,
    segment,
    short,
    text,
    tiff,
    with_more_scans,
    with_segments,
)

CORNERS = ("red", "lime", "blue", "yellow")
ADOBE_XMP = b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta>secret</x:xmpmeta>"


def cornered(size=(64, 48)):
    """A picture whose every turn can be told."""
    picture, half = Image.new("RGB", size), (size[0] // 2, size[1] // 2)
    for at, colour in zip([(0, 0), (half[0], 0), (0, half[1]), half], CORNERS, strict=True):
        picture.paste(Image.new("RGB", half, colour), at)
    return picture


def seen(rendition):
    """The colours of its four quarters, as far as a lossy codec keeps them."""
    picture = Image.open(io.BytesIO(rendition.data)).convert("RGB")
    assert picture.size == (rendition.width, rendition.height)
    w, h = picture.size
    places = [(w // 4, h // 4), (3 * w // 4, h // 4), (w // 4, 3 * h // 4), (3 * w // 4, 3 * h // 4)]
    return ["".join("1" if level > 128 else "0" for level in picture.getpixel(place)) for place in places]


UPRIGHT = ["100", "010", "001", "110"]


def turned_away(orientation):
    """The quarters as a camera held that way stores them."""
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}
    upright = cornered()
    return upright if orientation == 1 else upright.transpose(Image.Transpose(back[orientation]))


def chunks_of(webp):
    found, at = [], 12
    while at < len(webp):
        found.append(webp[at : at + 4])
        length = int.from_bytes(webp[at + 4 : at + 8], "little")
        at += 8 + length + length % 2
    return found


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_every_orientation_is_turned_upright_once(kind, orientation):
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    derived = derive(saved(turned_away(orientation), kind, quality=95, exif=exif.tobytes()))

    assert (derived.width, derived.height) == (derived.display.width, derived.display.height) == (64, 48)
    assert seen(derived.display) == seen(derived.thumb) == UPRIGHT


@pytest.mark.parametrize("entry", [short(ORIENTATION, 0), short(ORIENTATION, 9), text(ORIENTATION, b"6\0")])
def test_an_unknown_orientation_turns_nothing(entry):
    derived = derive(with_segments(saved(cornered(), "JPEG", quality=95), app1(tiff((entry,)))))

    assert seen(derived.display) == UPRIGHT
    assert derived.warnings


@pytest.mark.parametrize(
    ("size", "display", "thumb"),
    [
        ((40, 30), (40, 30), (40, 30)),
        ((401, 200), (401, 200), (400, 200)),
        ((3000, 1500), (2048, 1024), (400, 200)),
        ((1500, 3000), (1024, 2048), (200, 400)),
        ((2049, 1), (2048, 1), (400, 1)),
        ((1, 3000), (1, 2048), (1, 400)),
    ],
)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_renditions_fit_their_box_and_are_never_enlarged(kind, size, display, thumb):
    derived = derive(saved(Image.new("RGB", size, "teal"), kind))

    assert (derived.display.width, derived.display.height) == display
    assert (derived.thumb.width, derived.thumb.height) == thumb
    assert (derived.width, derived.height) == size


@pytest.mark.parametrize(
    ("longest", "display"), [(4032, 2016), (4096, 2048), (4100, 2048), (3840, 1920), (3838, 2048)]
)
def test_a_jpeg_that_the_decoder_halves_to_nearly_the_size_is_left_there(longest, display):
    assert derive(jpeg((longest, 16))).display.width == display


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_the_same_bytes_give_the_same_bytes(kind):
    source = saved(Image.effect_noise((500, 300), 60).convert("RGB"), kind)

    assert derive(source) == derive(memoryview(bytearray(source)))


def test_no_metadata_gets_into_a_rendition():
    block = tiff((text(MAKE, b"SecretCam\0"),), (text(TAKEN, b"2025:06:07 08:09:10\0"),), gps((52, 1), (13, 1)))
    comments = (app1(block), segment(0xE1, ADOBE_XMP), segment(0xFE, b"secret"), segment(0xED, b"Photoshop secret"))
    derived = derive(with_segments(jpeg((64, 48)), *comments))

    for rendition in (derived.display, derived.thumb):
        assert chunks_of(rendition.data) == [b"VP8 "]
        assert b"ecret" not in rendition.data


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "AVIF"])
def test_metadata_of_the_newer_kinds_stays_out_too(kind):
    profile = b"no profile, but a secret"
    block = b"Exif\0\0" + tiff((text(MAKE, b"SecretCam\0"),))
    source = saved(Image.new("RGBA", (64, 48)), kind, exif=block, xmp=b"secret", icc_profile=profile)

    assert chunks_of(derive(source).display.data) == [b"VP8 "]


def test_what_the_camera_wrote_is_told_as_the_doors_tell_it():
    block = tiff((text(MAKE, b"Cam\0"), short(ORIENTATION, 6)), (), gps((52, 1), (13, 1)))
    source = with_segments(jpeg((64, 48)), app1(block))

    derived, facts = derive(source), check(source)

    assert (derived.mime, derived.exif, derived.warnings) == (facts.mime, facts.exif, facts.warnings)
    assert (derived.width, derived.height) == (facts.width, facts.height) == (48, 64)
    assert derived.exif["gps_coordinates"]["latitude"] > 52


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "MPO"])
def test_a_moving_picture_is_its_first_frame(kind):
    frames = [Image.new("RGB", (64, 48), colour) for colour in ("red", "blue", "lime")]

    derived = derive(saved(frames[0], kind, save_all=True, append_images=frames[1:]))

    assert derived.animated
    assert set(seen(derived.display)) == {"100"}


def test_a_still_picture_is_not_animated():
    assert not derive(jpeg()).animated


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "AVIF"])
def test_what_is_cut_off_is_refused(kind):
    whole = saved(Image.effect_noise((64, 48), 60).convert("RGB"), kind)

    for length in (0, 3, 20, len(whole) // 2, len(whole) - 13):
        with pytest.raises(UnprocessableImage):
            derive(whole[:length])


@pytest.mark.parametrize(
    ("bomb", "refusal"),
    [
        (png(13_000, 13_000, packed=b""), ImageTooLarge),
        (png(10_000, 10_000, depth=16, colour=6, packed=b"x"), ImageTooLarge),
        (png(8, 8, before=chunk(b"iCCP", b"a\0\0" + b"x") * 66_000), UnprocessableImage),
        (with_more_scans(jpeg((64, 48), progressive=True), 200), UnprocessableImage),
        (saved(Image.new("P", (8, 8)), "GIF"), UnsupportedType),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", UnsupportedType),
    ],
    ids=["pixels", "raster", "chunks", "scans", "gif", "svg"],
)
def test_a_bomb_is_refused_before_it_is_decoded(bomb, refusal):
    with pytest.raises(refusal):
        derive(bomb)


def test_a_webp_too_large_to_be_decoded_in_full_is_refused():
    small = saved(Image.new("RGB", (64, 48)), "WEBP", exif=b"Exif\0\0II*\0")
    large = small[:24] + (5001).to_bytes(3, "little") * 2 + small[30:]

    with pytest.raises(ImageTooLarge, match="decoded here"):
        derive(large)


def test_an_avif_too_large_to_be_decoded_in_full_is_refused():
    small = saved(Image.new("RGB", (64, 48)), "AVIF")
    at = small.index(b"ispe") + 8
    large = small[:at] + (5001).to_bytes(4, "big") * 2 + small[at + 8 :]

    with pytest.raises(ImageTooLarge, match="decoded here"):
        derive(large)


def test_a_heic_is_refused_with_the_reason():
    heic = saved(Image.new("RGB", (8, 8)), "AVIF").replace(b"avif", b"heic")

    with pytest.raises(UnsupportedType, match="decoded"):
        derive(heic)


def test_a_second_header_cannot_tell_the_decoder_of_another_size():
    second = png(9000, 9000)[8:33]

    assert derive(png(8, 8, before=second)).display.width == 8


@pytest.mark.parametrize(
    "hostile", [chunk(b"tRNS", b""), chunk(b"iCCP", b"a\0\7no"), chunk(b"pHYs", b""), chunk(b"acTL", b"")]
)
def test_broken_chunks_around_a_png_do_not_cost_a_good_picture(hostile):
    assert derive(png(8, 8, before=hostile)).display.width == 8


@pytest.mark.parametrize("folder", ["fuzz-jpeg", "fuzz-png", "fuzz-webp", "pngsuite", "orientation"])
def test_of_the_corpus_is_derived_what_is_accepted_at_the_doors(corpus, folder):
    verdicts = {}
    for path in sorted((corpus / folder).iterdir()):
        verdicts[path.name] = (outcome(derive, path), outcome(lambda data: check(data, accept=READABLE), path))

    assert verdicts
    assert all(derived == checked for derived, checked in verdicts.values())


def outcome(judge, path):
    try:
        found = judge(path.read_bytes())
    except AppError as error:
        return error.code
    json.dumps([dict(found.exif), found.warnings], allow_nan=False)
    return "taken", found.width, found.height


@pytest.mark.parametrize("kind", ["Landscape", "Portrait"])
def test_real_photos_look_the_same_whichever_way_they_were_stored(corpus, kind):
    shown = []
    for orientation in range(1, 9):
        derived = derive((corpus / "orientation" / f"{kind}_{orientation}.jpg").read_bytes())
        picture = Image.open(io.BytesIO(derived.thumb.data)).convert("L").resize((8, 8), Image.Resampling.BOX)
        shown.append(picture.tobytes())

    for other in shown[1:]:
        assert max(abs(a - b) for a, b in zip(shown[0], other, strict=True)) < 12
