"""Record shards: JSON lines while running, one Parquet file when a cell is complete."""

from __future__ import annotations

import hashlib
import io
from pathlib import Path
from typing import TYPE_CHECKING, Any

from harness.errors import HarnessError
from harness.store.files import clear_errors, jsonable, sync_folder, write_atomic
from harness.store.lines import ShardWriter, read_jsonl

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "RESOLUTION",
    "ShardWriter",
    "column_names",
    "parquet_path",
    "plain_rows",
    "read_jsonl",
    "read_parquet",
    "read_rows",
    "seal",
    "write_parquet",
]

RESOLUTION = 1e-5
"""Scores of one output that differ by at most this are the same (DESIGN.md): batch size and threads change digits."""

_MARK = b"iq-harness sha256:"
_TAIL = 8  # length of the footer (4 bytes) and the magic word PAR1


def _sealed(content: bytes) -> bytes:
    """A Parquet file with the sha256 of itself before its footer, where readers of Parquet never look."""
    footer = len(content) - _TAIL - int.from_bytes(content[-8:-4], "little")
    return content[:footer] + _MARK + hashlib.sha256(content).digest() + content[footer:]


def _problem(content: bytes) -> str:
    """What is wrong with the bytes of a Parquet file, "" if nothing. One that others wrote has no hash to check."""
    if len(content) < _TAIL or not content.endswith(b"PAR1"):
        return "its end is missing"
    footer = len(content) - _TAIL - int.from_bytes(content[-8:-4], "little")
    start = footer - len(_MARK) - hashlib.sha256().digest_size
    if start < 0 or content[start : start + len(_MARK)] != _MARK:
        return "its hash is not where it belongs" if _MARK in content else ""
    plain = hashlib.sha256(content[:start])
    plain.update(content[footer:])
    return "" if plain.digest() == content[start + len(_MARK) : footer] else "its bytes do not agree with its hash"


def parquet_path(stem: Path) -> Path:
    """The sealed file of a shard."""
    return stem.with_name(stem.name + ".parquet")


def read_parquet(path: Path) -> pd.DataFrame:
    """A Parquet file as a table, checked against the hash inside it before anything is parsed.

    Raises `HarnessError` where it is damaged or none.
    """
    import pandas as pd

    try:
        content = path.read_bytes()
        problem = _problem(content)
        if problem:
            raise ValueError(problem)
        return pd.read_parquet(io.BytesIO(content))
    except (OSError, ValueError) as error:
        raise HarnessError(
            f"{path}: not a readable Parquet file ({str(error).splitlines()[0]}); delete it, and the same run "
            f"computes it again"
        ) from error


def write_parquet(path: Path, frame: pd.DataFrame) -> None:
    """Write a table atomically, zstd-compressed, its sha256 inside. Raises `HarnessError` naming the path.

    A column that mixes types (a fact may be a number here and a word there) becomes words: Parquet wants one type.
    A cell is tens of rows of tens of columns: dictionaries, schemas for other programs and statistics (but those of
    `status`, by which `watching` counts rows) would be two thirds of the file.
    """
    import pyarrow
    import pyarrow.parquet

    mixed = [name for name in frame.columns if frame[name].dropna().map(type).nunique() > 1]
    frame = frame.assign(**{name: frame[name].map(str, na_action="ignore") for name in mixed})
    table = pyarrow.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata()
    counted = [name for name in table.column_names if name == "status"]
    content = io.BytesIO()
    pyarrow.parquet.write_table(
        table, content, compression="zstd", use_dictionary=False, store_schema=False, write_statistics=counted
    )
    write_atomic(path, _sealed(content.getvalue()))


def read_rows(stem: Path) -> pd.DataFrame:
    """All rows of one cell, sealed and not, the newest of each (sample, repeat) only."""
    import pandas as pd

    frames = []
    parquet, jsonl = parquet_path(stem), stem.with_name(stem.name + ".jsonl")
    if parquet.exists():
        frames.append(read_parquet(parquet))
    if jsonl.exists():
        rows = read_jsonl(jsonl)
        if rows:
            frames.append(pd.DataFrame(rows))
    if not frames:
        return pd.DataFrame()
    # Concatenating an all-null column with a filled one would lose its type: drop empty columns first.
    frame = pd.concat([f.dropna(axis=1, how="all") for f in frames], ignore_index=True)
    return frame.drop_duplicates(["sample", "repeat"], keep="last").reset_index(drop=True)


def column_names(stem: Path) -> list[str]:
    """Names of a cell's columns: a Parquet file's from its footer, lines by reading them; none where there is no cell.

    Raises `HarnessError` where a file is damaged.
    """
    import pyarrow.lib
    import pyarrow.parquet

    parquet, jsonl = parquet_path(stem), stem.with_name(stem.name + ".jsonl")
    found: list[str] = []
    if parquet.exists():
        try:
            found += pyarrow.parquet.read_schema(parquet).names
        except (OSError, pyarrow.lib.ArrowException) as error:
            raise HarnessError(f"{parquet}: not a readable Parquet file ({str(error).splitlines()[0]})") from error
    for row in read_jsonl(jsonl) if jsonl.exists() else []:
        found += row
    return list(dict.fromkeys(found))


def plain_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """A table's rows as JSON would hold them: undefined values are None."""
    return [{str(key): value for key, value in jsonable(row).items()} for row in frame.to_dict("records")]


def seal(stem: Path) -> None:
    """Turn a complete cell's JSON lines into Parquet (`os.replace`), then remove the lines."""
    jsonl = stem.with_name(stem.name + ".jsonl")
    if not jsonl.exists():
        return
    write_parquet(parquet_path(stem), read_rows(stem))
    with clear_errors(jsonl):
        jsonl.unlink()  # only now that the Parquet file and its name are on the disk
        sync_folder(jsonl.parent)
