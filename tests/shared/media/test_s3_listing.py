"""What our bucket holds is listed to the last version: proved against an S3 that checks every right."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from shared.errors import ProviderDown
from shared.media import s3_listing
from shared.media.listing import Held, HeldVersion
from shared.media.s3_listing import S3Listing
from tests.support.assets import asset_of
from tests.support.embedded_aws import reach_of

RIGHTS = ("s3:PutObject", "s3:ListBucketVersions", "s3:PutObjectVersionTagging", "s3:DeleteObjectVersion")


@pytest.fixture
def listing_with(aws, bucket, assume, http):
    def make(*rights):
        return S3Listing(bucket, reach_of(aws, assume(*rights), http))

    return make


@pytest.fixture
def listing(listing_with):
    return listing_with(*RIGHTS)


@pytest.fixture
def prefix():
    return f"test-{uuid4().hex}/"


@pytest.fixture
def short_pages(monkeypatch):
    monkeypatch.setattr(s3_listing, "PAGE", 3)


def put(listing, name, body=b"bytes"):
    return listing.put(name, asset_of(body), 10).version


def versions_of(s3, bucket, name, count):
    return [s3.put_object(Bucket=bucket, Key=name, Body=bytes(n))["VersionId"] for n in range(count)]


def pages(listing, prefix):
    onward = {}
    while onward is not None:
        page = listing.page(prefix, onward)
        yield [(held.name, len(held.versions)) for held in page.held]
        onward = page.onward


def test_a_page_tells_names_versions_ages_and_sizes(listing, prefix):
    version = put(listing, f"{prefix}a")

    page = listing.page(prefix, {})

    ((held,), onward) = page.held, page.onward
    (there,) = held.versions
    assert (held.name, there.id, there.size, there.is_marker, onward) == (f"{prefix}a", version, 5, False, None)
    assert abs(datetime.now(UTC) - there.modified) < timedelta(minutes=1)


def test_a_name_is_told_once_and_whole_however_pages_are_cut(listing, s3, bucket, prefix, short_pages):
    for name, count in {"a": 1, "b": 4, "c": 2, "d": 7}.items():
        versions_of(s3, bucket, f"{prefix}{name}", count)

    told = [name for page in pages(listing, prefix) for name in page]

    assert told == [(f"{prefix}a", 1), (f"{prefix}b", 4), (f"{prefix}c", 2), (f"{prefix}d", 7)]


def test_pages_come_in_the_order_of_bytes(listing, prefix, short_pages):
    names = [f"{prefix}{end}" for end in ("Z", "a", "é", "z", "😀", "-", "/", "10", "9")]
    for name in names:
        put(listing, name)

    told = [name for page in pages(listing, prefix) for name, _ in page]

    assert told == sorted(names, key=str.encode)


def test_a_name_that_no_url_and_no_xml_takes_as_it_is_comes_back_as_it_was(listing, prefix):
    name = f"{prefix}a b+c%2F<&>é"
    put(listing, name)

    assert [held.name for held in listing.page(prefix, {}).held] == [name]


def test_an_encoded_list_is_read_as_it_was_meant():
    body = b"""<ListVersionsResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">
      <EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>
      <NextKeyMarker>a%2Bb+c%01</NextKeyMarker><NextVersionIdMarker>v</NextVersionIdMarker>
      <Version><Key>a%2Bb+c%01</Key><VersionId>v</VersionId><LastModified>2026-05-17T12:00:00.000Z</LastModified>
      <Size>7</Size></Version></ListVersionsResult>"""

    answered = s3_listing._answered(body)

    assert answered.entries == [("a+b c\x01", HeldVersion("v", datetime(2026, 5, 17, 12, tzinfo=UTC), 7))]
    assert answered.marker == {"key-marker": "a+b c\x01", "version-id-marker": "v"}


def test_only_what_is_below_the_prefix_is_listed(listing, prefix):
    put(listing, f"{prefix}a")
    put(listing, f"derived/{prefix}a")

    assert [held.name for held in listing.page(prefix, {}).held] == [f"{prefix}a"]


def test_a_delete_marker_is_told_as_what_it_is(listing, s3, bucket, prefix):
    put(listing, f"{prefix}a")
    s3.delete_object(Bucket=bucket, Key=f"{prefix}a")

    (held,) = listing.page(prefix, {}).held

    assert [version.is_marker for version in held.versions] == [True, False]
    assert len(held.bytes_there) == 1


def test_quarantine_marks_every_version_and_removes_none(listing, s3, bucket, prefix):
    ids = versions_of(s3, bucket, f"{prefix}a", 2)
    (held,) = listing.page(prefix, {}).held

    listing.quarantine(held)

    tags = [s3.get_object_tagging(Bucket=bucket, Key=held.name, VersionId=each)["TagSet"] for each in ids]
    assert tags == 2 * [[{"Key": "keepsake", "Value": "quarantined"}]]
    assert len(listing.page(prefix, {}).held[0].versions) == 2


def test_what_went_meanwhile_needs_no_mark(listing, prefix):
    gone = Held(f"{prefix}gone", (HeldVersion("1", datetime.now(UTC)),))

    listing.quarantine(gone)

    assert listing.tag(gone.name, "1", {"a": "b"}) is False


def test_removing_takes_exactly_the_versions_that_are_named(listing, s3, bucket, prefix):
    first, second, third = versions_of(s3, bucket, f"{prefix}a", 3)
    now = datetime.now(UTC)

    listing.remove(Held(f"{prefix}a", (HeldVersion(first, now), HeldVersion(third, now))))

    assert [version.id for version in listing.page(prefix, {}).held[0].versions] == [second]


def test_without_the_right_to_mark_it_says_so(listing_with, prefix):
    listing = listing_with(*(right for right in RIGHTS if "Tagging" not in right))
    version = put(listing, f"{prefix}a")

    with pytest.raises(ProviderDown):
        listing.tag(f"{prefix}a", version, {"keepsake": "quarantined"})
