"""Pictures unlike each other, and what phones and people do to them."""

import io
import math
import random

from PIL import Image, ImageDraw, ImageEnhance, ImageOps

SIZE = (400, 300)


def scene(seed: int) -> Image.Image:
    """A sky, a ground and some things, all of chance."""
    chance = random.Random(seed)

    def colour():
        return tuple(chance.randrange(256) for _ in range(3))

    picture = Image.new("RGB", SIZE, colour())
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, chance.randrange(100, 250), *SIZE), colour())
    for _ in range(chance.randrange(4, 14)):
        x, y, r = chance.randrange(SIZE[0]), chance.randrange(SIZE[1]), chance.randrange(15, 80)
        corners = chance.choice((3, 4, 5, 40))
        turn = chance.random() * math.tau
        points = [
            (x + r * math.cos(turn + math.tau * n / corners), y + r * math.sin(turn + math.tau * n / corners))
            for n in range(corners)
        ]
        draw.polygon(points, colour())
    return picture


def variants(picture: Image.Image) -> dict[str, Image.Image]:
    width, height = picture.size
    return {
        "cropped": picture.crop((width // 12, height // 12, width - width // 12, height - height // 12)),
        "brighter": ImageEnhance.Brightness(picture).enhance(1.25),
        "darker": ImageEnhance.Brightness(picture).enhance(0.75),
        "mirrored": ImageOps.mirror(picture),
        "smaller": picture.resize((width // 2, height // 2)),
    }


def saved(picture: Image.Image, kind: str = "JPEG", **options: object) -> bytes:
    kept = io.BytesIO()
    picture.save(kept, kind, **{"quality": 85, **options})
    return kept.getvalue()
