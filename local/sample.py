"""Which photo there is to upload first."""

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageFilter
from PIL.ExifTags import GPS, IFD, Base

from local.home import write_private

SIZE = (1600, 1200)
QUALITY = 88
TAKEN = "2026:05:17 09:41:00"


def ensure_sample(home: Path) -> Path:
    """The photo's file, drawn the first time."""
    file = home / "sample.jpg"
    if not file.exists():
        write_private(file, draw())
    return file


def draw() -> bytes:
    """A JPEG that says which camera took it, when, and where."""
    buffer = io.BytesIO()
    _landscape().save(buffer, "JPEG", quality=QUALITY, exif=_exif())
    return buffer.getvalue()


def _landscape() -> Image.Image:
    width, height = SIZE
    sky = Image.linear_gradient("L").resize(SIZE)
    picture = Image.merge("RGB", (sky, sky.point(lambda v: 120 + v // 3), sky.point(lambda v: 235 - v // 4)))
    pen = ImageDraw.Draw(picture)
    pen.ellipse((width * 0.68, height * 0.14, width * 0.80, height * 0.30), fill=(255, 236, 170))
    pen.polygon([(0, height * 0.72), (width * 0.35, height * 0.38), (width * 0.7, height * 0.75)], fill=(74, 92, 106))
    pen.polygon(
        [(width * 0.3, height * 0.8), (width * 0.75, height * 0.42), (width, height * 0.7)], fill=(58, 74, 88)
    )
    pen.rectangle((0, height * 0.7, width, height), fill=(46, 82, 58))
    # Grain, or the file would be far smaller than any camera's.
    grain = Image.effect_noise(SIZE, 24).filter(ImageFilter.GaussianBlur(0.8)).convert("RGB")
    return Image.blend(picture, grain, 0.12)


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[Base.Make] = "Keepsake"
    exif[Base.Model] = "Demo Camera 1"
    exif[Base.Orientation] = 1
    exif.get_ifd(IFD.Exif)[Base.DateTimeOriginal] = TAKEN
    exif.get_ifd(IFD.GPSInfo).update(
        {
            GPS.GPSLatitudeRef: "N",
            GPS.GPSLatitude: (53.0, 32.0, 36.0),
            GPS.GPSLongitudeRef: "E",
            GPS.GPSLongitude: (9.0, 59.0, 18.0),
        }
    )
    return exif
