"""The run folder: manifest, append-only record shards sealed to Parquet, content-addressed pictures."""

from harness.store.folder import RunFolder, create_run, open_run

__all__ = ["RunFolder", "create_run", "open_run"]
