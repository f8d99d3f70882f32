"""Whether all that is made of one object goes with it, and nothing of its neighbours."""

import pytest


def put(s3, bucket, *names):
    for name in names:
        s3.put_object(Bucket=bucket, Key=name, Body=b"x")


def held(s3, bucket, prefix):
    listed = s3.list_object_versions(Bucket=bucket, Prefix=prefix)
    return [each["Key"] for each in listed.get("Versions", []) + listed.get("DeleteMarkers", [])]


def test_every_version_and_marker_below_a_folder_goes(store, s3, bucket, name):
    put(s3, bucket, f"{name}/a/display", f"{name}/a/display", f"{name}/b/thumb")
    s3.delete_object(Bucket=bucket, Key=f"{name}/b/thumb")

    gone = [store.delete_under(f"{name}/"), store.delete_under(f"{name}/")]

    assert gone == [True, False]
    assert held(s3, bucket, name) == []


def test_a_name_that_only_begins_alike_stays(store, s3, bucket, name):
    put(s3, bucket, name, f"{name}0/a")

    assert store.delete_under(f"{name}/") is False
    assert held(s3, bucket, name) == [name, f"{name}0/a"]


def test_more_than_a_page_goes_as_well(store, s3, bucket, name, monkeypatch):
    put(s3, bucket, *(f"{name}/{n}" for n in range(5)), f"{name}/0")
    ask = store._ask

    def shortened(method, name, action, **options):
        query = options.pop("query", {})
        return ask(
            method, name, action, query={**query, **({"max-keys": "2"} if "versions" in query else {})}, **options
        )

    monkeypatch.setattr(store, "_ask", shortened)

    assert store.delete_under(f"{name}/") is True
    assert held(s3, bucket, name) == []


@pytest.mark.parametrize("prefix", ["", "/", "derived/test/org/up/1"])
def test_what_is_no_folder_is_refused(store, prefix):
    with pytest.raises(ValueError, match="no folder"):
        store.delete_under(prefix)
