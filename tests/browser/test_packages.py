"""Do the pages run what was published, and exactly the releases that are locked?"""

import json
import re

import pytest

from tests.browser.bundles import HERE


@pytest.mark.parametrize("generation", ["uppy5", "uppy6"])
def test_each_page_has_its_own_generation_of_uppy(window, generation):
    wanted = json.loads((HERE / generation / "package.json").read_text())["dependencies"]

    window.load(generation)

    assert window.run("() => window.versions") == wanted


def test_the_lock_names_no_host():
    assert not re.search("https?:", (HERE / "package-lock.json").read_text())
