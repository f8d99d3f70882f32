"""What a store is given says one thing."""

import pytest

from tests.support.assets import asset_of


def test_an_asset_is_its_bytes_or_where_they_are():
    assert asset_of(b"x").source == b"x"
    assert asset_of(b"").source == b""
    assert asset_of(b"x", body=None, source_url="https://a.example/1").source == "https://a.example/1"


@pytest.mark.parametrize("changes", [{"body": None}, {"source_url": "https://a.example/1"}])
def test_an_asset_cannot_say_both_or_nothing(changes):
    with pytest.raises(ValueError, match="either"):
        asset_of(b"x", **changes)


@pytest.mark.parametrize(
    "url", ["/etc/passwd", "file:///etc/passwd", "ftp://a.example/1", "data:image/png;base64,AA"]
)
def test_an_asset_is_never_read_from_our_own_files(url):
    """The SDK opens whatever does not look like a URL."""
    with pytest.raises(ValueError, match="begins with"):
        asset_of(b"x", body=None, source_url=url)
