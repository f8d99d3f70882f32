"""What do the derivatives of a photo cost beside plain Pillow? Interleaved medians; prints a few lines."""

import io
import resource
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from itertools import starmap
from statistics import median
from time import process_time

from PIL import Image, ImageChops, ImageMath, ImageOps

from shared.imaging.child import render
from shared.imaging.derive import DISPLAY, THUMB, derive, ready

SIZES = {"12 MP": (4032, 3024), "48 MP": (8064, 6048)}
GOALS = {"12 MP": "0.32; loss 0.005; memory -", "48 MP": "0.16; loss 0.005; memory 0.12"}
ROUNDS = 3
PLENTY = 2000


def photo(size: tuple[int, int]) -> bytes:
    """Noise of every coarseness, the finer the fainter, as in nature."""
    width, height = size
    picture = Image.radial_gradient("L").resize(size)
    coarse = 256
    while coarse:
        noise = Image.effect_noise((width // coarse + 1, height // coarse + 1), 4 + coarse / 4)
        picture = ImageChops.add(picture, noise.resize(size, Image.Resampling.BICUBIC), offset=-128)
        coarse //= 2
    warm, cold = picture.point(lambda level: level * 0.9 + 20), ImageOps.mirror(picture)
    exif = Image.Exif()
    exif[0x0112] = 6
    target = io.BytesIO()
    Image.merge("RGB", (warm, picture, cold)).save(target, "JPEG", quality=88, exif=exif)
    return target.getvalue()


def plain(data: bytes) -> tuple[bytes, bytes]:
    """What one writes first: everything upright and in full, and each size from the whole."""
    picture = ImageOps.exif_transpose(Image.open(io.BytesIO(data)))
    return encoded(fitted(picture, DISPLAY.edge)), encoded(fitted(picture, THUMB.edge))


def bare(data: bytes) -> None:
    """The least there is to do: one scaled decode, two encodes."""
    with Image.open(io.BytesIO(data)) as picture:
        picture.draft(None, shape(picture.size, 1920))
        picture.load()
        encoded(picture, quality=DISPLAY.quality, method=DISPLAY.method)
        encoded(stand_in(), quality=THUMB.quality, method=THUMB.method)


@cache
def stand_in() -> Image.Image:
    return Image.open(io.BytesIO(derive(photo((800, 600))).thumb.data)).convert("RGB")


def shape(size: tuple[int, int], edge: int) -> tuple[int, int]:
    return round(size[0] * edge / max(size)), round(size[1] * edge / max(size))


def fitted(picture: Image.Image, edge: int) -> Image.Image:
    return picture.resize(shape(picture.size, edge), Image.Resampling.LANCZOS)


def encoded(picture: Image.Image, **options: int) -> bytes:
    target = io.BytesIO()
    picture.save(target, "WEBP", **options)
    return target.getvalue()


def likeness(one: Image.Image, other: Image.Image) -> float:
    """SSIM of light over blocks of 8 x 8."""
    a, b = (each.convert("L").convert("F") for each in (one, other))
    squares = {"aa": (a, a), "bb": (b, b), "ab": (a, b)}
    means = {name: product(*pair).reduce(8) for name, pair in squares.items()} | {"a": a.reduce(8), "b": b.reduce(8)}
    return float(ImageMath.lambda_eval(ssim, **means).resize((1, 1), Image.Resampling.BOX).getpixel((0, 0)))


def product(a: Image.Image, b: Image.Image) -> Image.Image:
    return ImageMath.lambda_eval(lambda k: k["a"] * k["b"], a=a, b=b)


def ssim(k: dict) -> object:
    light, contrast = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    means, spread = k["a"] * k["b"], k["aa"] - k["a"] * k["a"] + k["bb"] - k["b"] * k["b"]
    top = (means * 2 + light) * ((k["ab"] - means) * 2 + contrast)
    return top / ((k["a"] * k["a"] + k["b"] * k["b"] + light) * (spread + contrast))


def loss(data: bytes) -> float:
    """How much less our display is like the whole than one made from the whole, by the same encoder."""
    ours = Image.open(io.BytesIO(derive(data).display.data)).convert("RGB")
    whole = ImageOps.exif_transpose(Image.open(io.BytesIO(data))).resize(ours.size, Image.Resampling.LANCZOS)
    theirs = Image.open(io.BytesIO(encoded(whole, quality=DISPLAY.quality, method=DISPLAY.method))).convert("RGB")
    return likeness(theirs, whole) - likeness(ours, whole)


def cpu(call: Callable[[bytes], object], data: bytes) -> float:
    started = process_time()
    call(data)
    return process_time() - started


def memory(name: str, data: bytes) -> float:
    """Megabytes that a fresh process needs at its peak for this, beyond one that does nothing."""
    return peak(f"{name}(data)", data) - peak("None", data)


def peak(call: str, data: bytes) -> float:
    code = f"import sys; from tests.bench.derivatives import *; data = sys.stdin.buffer.read(); ready(); {call}; "
    code += "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    done = subprocess.run([sys.executable, "-c", code], input=data, capture_output=True, check=True)
    return int(done.stdout) / 1024


def in_child(data: bytes) -> float:
    """The CPU of a rendering with its child, its limits and its pipe."""
    before = spent()
    render(data, seconds=60, megabytes=PLENTY)
    return spent() - before


def spent() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(each.ru_utime + each.ru_stime for each in used)


def report(name: str, size: tuple[int, int]) -> str:
    data = photo(size)
    runs = [[cpu(call, data) for call in (derive, plain, bare)] + [in_child(data)] for _ in range(ROUNDS)]
    mine, other, least, forked = map(median, zip(*runs, strict=True))
    extra, theirs = memory("derive", data), memory("plain", data)
    return (
        f"derivatives of {name}: {mine * 1000:.0f} ms, ratio to plain {mine / other:.3f}, to the bare work"
        f" {mine / least:.2f} (goal 1.3); in a child {forked / mine:.2f} of in-process; memory {extra:.0f} MB,"
        f" ratio {extra / theirs:.3f}; SSIM loss {loss(data):.4f} (goals {GOALS[name]})\n"
    )


if __name__ == "__main__":
    ready()
    sys.stdout.writelines(starmap(report, SIZES.items()))
