"""The feature store: what extractors found, by the content of the media, in Parquet.

    DIR/media.jsonl                          SHA-256 of the media files, as they were when read
    DIR/faces-3f2a.../extractor.json         name and settings
    DIR/faces-3f2a.../part-9c01....parquet   a row for each clip
    DIR/faces-3f2a.../new/<key>.parquet      clips of a run that is not finished; joined into parts

A row's key is a hash of the media's content, the stretch, the extractor and its settings, and the
settings hold the hashes of its weights and code. What was made in another way is never found.
"""

from mien.features.store.run import Failure, run_features
from mien.features.store.store import Store, load_features

__all__ = ["Failure", "Store", "load_features", "run_features"]
