"""The stores in memory: what each name holds, and which names were ever used."""

from dataclasses import dataclass, field
from hashlib import md5, sha256

from shared.errors import OutcomeUnknown, StoreRefused
from shared.photos import Asset, StoredObject, StoreName


@dataclass(frozen=True, slots=True)
class Content:
    """The bytes of one photo, by what they are known by."""

    sha256: str
    md5: str
    size: int
    mime: str = "image/jpeg"


def content(text: str, size: int) -> Content:
    return Content(sha256(text.encode()).hexdigest(), md5(text.encode(), usedforsecurity=False).hexdigest(), size)


PHOTOS = tuple(content(name, 2_000 + n) for n, name in enumerate(("meadow", "harbour", "tower")))
GARBAGE = content("garbage", 7)
BY_DIGEST = {each.sha256: each for each in (*PHOTOS, GARBAGE)}


@dataclass(frozen=True, slots=True)
class Held:
    """One object: its bytes, its version, and whether the store knows their SHA-256."""

    content: Content
    version: str
    digested: bool = True


@dataclass(slots=True)
class Shelf:
    """One store. Nothing here waits or fails: that is for whoever calls."""

    name: StoreName
    held: dict[str, Held] = field(default_factory=dict)
    used: dict[str, int] = field(default_factory=dict)

    def put(self, name: str, sent: Content, *, digested: bool = True) -> StoredObject:
        """S3 writes a name once; Cloudinary overwrites."""
        there = self.held.get(name)
        if there and self.name is StoreName.S3:
            if there.content is not sent:
                raise StoreRefused("Another object has this name already.", failure_type="name_taken")
            return self.describe(name, there)
        self.used[name] = self.used.get(name, 0) + 1
        self.held[name] = Held(sent, f"v{self.used[name]}", digested)
        return self.describe(name, self.held[name])

    def remove(self, name: str) -> bool:
        return self.held.pop(name, None) is not None

    def look(self, name: str, version: str | None = None) -> StoredObject | None:
        there = self.held.get(name)
        return self.describe(name, there) if there and version in (None, there.version) else None

    def describe(self, name: str, there: Held) -> StoredObject:
        """Each store tells the digest that it knows."""
        known, is_s3 = there.content, self.name is StoreName.S3
        return StoredObject(
            store=self.name,
            name=name,
            size=known.size,
            mime=known.mime,
            sha256=known.sha256 if is_s3 and there.digested else None,
            md5=known.md5,
            version=there.version,
            ref={} if is_s3 else {"asset_id": name, "secure_url": f"https://there/{name}"},
        )


def url_of(name: str, version: str | None) -> str:
    """A signed GET, as far as the simulation needs one."""
    return f"https://s3/{name}#{version or ''}"


def sent_by(asset: Asset, s3: Shelf) -> Content:
    """The bytes of an asset: what it holds, or what is behind its URL by now."""
    if asset.source_url is None:
        return BY_DIGEST[asset.sha256]
    name, _, version = asset.source_url.removeprefix("https://s3/").partition("#")
    there = s3.held.get(name)
    if there is None or (version and version != there.version):
        raise OutcomeUnknown("Error in loading the source: 404.", failure_type="download_failed")
    return there.content
