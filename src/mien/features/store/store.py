"""Features by the content of the media and all that made them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mien.errors import MissingExtraError, UsageError
from mien.features.extractors.extractor import Extractor
from mien.features.store.media_hashes import MediaHashes
from mien.features.store.partition import FeaturePartition
from mien.features.store.source import measured_by
from mien.features.store.table import Row
from mien.types import Features

if TYPE_CHECKING:
    from mien.data.manifest import Manifest

__all__ = ["Store", "load_features"]


class Store:
    """A folder of features; several processes may use it at once.

    Args:
        root: the folder; made when something is put into it.

    Raises:
        MissingExtraError: pyarrow is not installed.
    """

    def __init__(self, root: str | Path) -> None:
        try:
            import pyarrow  # noqa: F401
        except ImportError:
            raise MissingExtraError("pyarrow", "tables") from None
        self.root = Path(root)
        self.media = MediaHashes(self.root / "media.jsonl")
        self._shelves: dict[tuple[str, str], FeaturePartition] = {}

    def shelf(self, extractor: Extractor) -> FeaturePartition:
        """The place of what this extractor, with these settings and this code, has found."""
        settings = extractor.settings()
        name = extractor.name, repr(sorted(settings.items()))
        if name not in self._shelves:
            self._shelves[name] = FeaturePartition(
                self.root, extractor.name, extractor.kind, settings
            )
        return self._shelves[name]

    def key(self, extractor: Extractor, path: Path, start: float | None, end: float | None) -> str:
        """SHA-256 of the media's content, the stretch, the extractor and its settings.

        Raises:
            MediaError: the file cannot be read.
        """
        return self.shelf(extractor).key(self.media.sha256(path), start, end)

    def features(
        self, extractor: Extractor, path: Path, start: float | None, end: float | None
    ) -> Features | None:
        """What is stored of a clip; None if nothing is.

        Raises:
            MediaError: the file cannot be read.
        """
        key = self.key(extractor, path, start, end)
        return self.shelf(extractor).read([key]).get(key)

    def put(
        self,
        extractor: Extractor,
        path: Path,
        start: float | None,
        end: float | None,
        features: Features,
    ) -> None:
        """Keep the features of a clip; they are on disk when this returns.

        Raises:
            MediaError: the file cannot be read.
            OutputError: the store cannot be written.
        """
        media, shelf = self.media.sha256(path), self.shelf(extractor)
        shelf.put(Row(shelf.key(media, start, end), media, start, end, features))


def load_features(manifest: Manifest, extractor: Extractor, store: Store) -> list[Features]:
    """The features of all clips of a manifest, in its order.

    Pictures stay in the store: `values` is then a `StoredPictures`, which reads what it is indexed
    by.

    Raises:
        UsageError: some are not in the store.
        MediaError: a file of the manifest cannot be read.
    """
    shelf = store.shelf(extractor)
    seen = measured_by(manifest, extractor)
    keys = [store.key(extractor, seen.path(c), c.start, c.end) for c in seen.clips]
    features = shelf.unread(keys) if extractor.kind == "pictures" else shelf.read(keys)
    missing = [c.id for c, key in zip(manifest.clips, keys, strict=True) if key not in features]
    if missing:
        raise UsageError(
            f"{store.root}: has no '{extractor.name}', as it is made now, of {len(missing)} of "
            f"{len(keys)} clips, {missing[0]} for example; run 'mien features' first"
        )
    return [features[key] for key in keys]
