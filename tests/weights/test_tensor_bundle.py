"""TensorFlow checkpoints, written here by a writer of the test's own, read without TensorFlow; and what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from safetensors.numpy import load_file

from harness.errors import HarnessError
from harness.weights.crc32c import crc32c, masked_crc32c
from harness.weights.tensor_bundle import open_bundle
from harness_hifill.importing import official
from harness_hifill.method import load_network, random_network
from harness_hifill.names import variable_names

Values = Mapping[str, NDArray[np.float32]]
Entries = Sequence[tuple[bytes, bytes]]


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*out, value])


def _field(number: int, value: int | bytes) -> bytes:
    if isinstance(value, bytes):
        return _varint(number << 3 | 2) + _varint(len(value)) + value
    return _varint(number << 3) + _varint(value)


def _block(entries: Entries, kind: int = 0) -> bytes:
    """A block with its trailer; keys share their beginnings with the one before, as LevelDB's do."""
    out, before = b"", b""
    for key, value in entries:
        shared = next(
            (i for i, (a, b) in enumerate(zip(before, key, strict=False)) if a != b), min(map(len, (before, key)))
        )
        out += _varint(shared) + _varint(len(key) - shared) + _varint(len(value)) + key[shared:] + value
        before = key
    out += (0).to_bytes(4, "little") + (1).to_bytes(4, "little") + bytes([kind])
    return out + masked_crc32c(out).to_bytes(4, "little")


def _table(entries: Entries, per_block: int = 3, kind: int = 0) -> bytes:
    out, handles = b"", []
    for start in range(0, len(entries), per_block):
        block = _block(entries[start : start + per_block], kind)
        handles.append(
            (entries[min(start + per_block, len(entries)) - 1][0], _varint(len(out)) + _varint(len(block) - 5))
        )
        out += block
    footer = b""
    for block in (_block([]), _block(handles)):
        footer += _varint(len(out)) + _varint(len(block) - 5)
        out += block
    return out + footer.ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little")


def _entry(value: NDArray[np.float32], start: int, **changed: int) -> bytes:
    shape = b"".join(_field(2, _field(1, size)) for size in value.shape)
    stated = {"kind": 1, "shard": 0, "offset": start, "size": value.nbytes} | changed
    numbers = [(1, stated["kind"]), (3, stated["shard"]), (4, stated["offset"]), (5, stated["size"])]
    checksum = _varint(6 << 3 | 5) + masked_crc32c(value.tobytes()).to_bytes(4, "little")
    return (
        _field(numbers[0][0], numbers[0][1]) + _field(2, shape) + b"".join(_field(*n) for n in numbers[1:]) + checksum
    )


HEADER = _field(1, 1) + _field(3, _field(1, 1))


def _write(prefix: Path, values: Values, header: bytes = HEADER, extra: Entries = (), **changed: int) -> Path:
    """`prefix.index` and its data file; returns the index."""
    entries, data = [(b"", header), *extra], b""
    for name in sorted(values):
        entries.append((name.encode(), _entry(values[name], len(data), **changed)))
        data += values[name].tobytes()
    prefix.with_name(prefix.name + ".data-00000-of-00001").write_bytes(data)
    index = prefix.with_name(prefix.name + ".index")
    index.write_bytes(_table(sorted(entries)))
    return index


@pytest.fixture
def values() -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(0)
    shapes = {"a/w": (3, 3, 2, 5), "a/biases": (5,), "a/longer/w": (1,), "step": (), "b": (0, 4)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def test_checksums_agree_with_the_rfc() -> None:
    assert crc32c(b"123456789") == 0xE3069283
    assert crc32c(bytes(32)) == 0x8A9136AA  # RFC 3720, B.4
    assert crc32c(b"\xff" * 32) == 0x62A8AB43


@settings(max_examples=25)
@given(st.binary(max_size=70), st.integers(0, 20_000))
def test_checksums_of_any_length_are_the_bitwise_ones(data: bytes, more: int) -> None:
    data += bytes(more)
    state = 0xFFFFFFFF
    table = [0] * 256
    for value in range(256):
        row = value
        for _ in range(8):
            row = row >> 1 ^ (0x82F63B78 if row & 1 else 0)
        table[value] = row
    for byte in data:
        state = table[(state ^ byte) & 0xFF] ^ state >> 8
    assert crc32c(data) == state ^ 0xFFFFFFFF


def test_what_was_written_is_read(tmp_path: Path, values: Values) -> None:
    index = _write(tmp_path / "0", values)
    for path in (index, tmp_path / "0", tmp_path / "0.data-00000-of-00001"):
        bundle = open_bundle(path)
        assert set(bundle.entries) == set(values)
        for name, value in values.items():
            np.testing.assert_array_equal(bundle.read(name), value)


def test_a_name_that_points_elsewhere_is_only_a_name(tmp_path: Path) -> None:
    inside = tmp_path / "inside"
    inside.mkdir()
    name = "../../outside"
    bundle = open_bundle(_write(inside / "0", {name: np.ones(2, np.float32)}))
    np.testing.assert_array_equal(bundle.read(name), [1, 1])
    assert bundle.data_file(0).parent == inside
    assert [path.name for path in tmp_path.iterdir()] == ["inside"]


def test_damaged_and_cut_files_are_one_line(tmp_path: Path, values: Values) -> None:
    index = _write(tmp_path / "0", values)
    whole = index.read_bytes()
    for cut in (0, 10, len(whole) // 2, len(whole) - 1):
        index.write_bytes(whole[:cut])
        with pytest.raises(HarnessError, match=r"0\.index: is no TensorFlow") as error:
            open_bundle(index)
        assert "\n" not in str(error.value)
    for at in range(0, len(whole) - 48, 7):  # every block has a checksum
        index.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
        with pytest.raises(HarnessError):
            [open_bundle(index).read(name) for name in values]
    index.write_bytes(whole)
    data = tmp_path / "0.data-00000-of-00001"
    kept = data.read_bytes()
    data.write_bytes(kept[:-1])
    with pytest.raises(HarnessError, match="ends within"):
        [open_bundle(index).read(name) for name in values]
    data.write_bytes(bytes([kept[0] ^ 1]) + kept[1:])
    with pytest.raises(HarnessError, match="another checksum"):
        [open_bundle(index).read(name) for name in values]
    data.unlink()
    with pytest.raises(HarnessError, match="belongs beside the index"):
        open_bundle(index).read("a/w")


@settings(max_examples=40, deadline=None)
@given(st.binary(max_size=200))
def test_whatever_a_file_holds_is_refused_in_one_line(tmp_path_factory: pytest.TempPathFactory, noise: bytes) -> None:
    index = tmp_path_factory.mktemp("noise") / "0.index"
    block = noise + bytes(1)
    block += masked_crc32c(block).to_bytes(4, "little")
    handle = _varint(0) + _varint(len(noise))
    index.write_bytes(block + (handle + handle).ljust(40, b"\0") + 0xDB4775248B80FB57.to_bytes(8, "little"))
    with pytest.raises(HarnessError, match="is no TensorFlow"):
        open_bundle(index)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"header": b""}, "names 0 data files"),
        ({"header": _field(1, 1 << 40)}, "data files"),
        ({"header": HEADER + _field(2, 1)}, "big end"),
        ({"shard": 1}, "data file 1 of 1"),
        ({"size": 8}, "takes 8 bytes"),
        ({"offset": 1 << 62}, "ends within"),
        ({"kind": 9}, "type 9, not float32"),
        ({"extra": [(b"\xff", b"")]}, "utf-8"),
        ({"extra": [(b"x", _field(7, b""))]}, "slices"),
        ({"extra": [(b"x", _field(2, 5))]}, "stored as a number"),
        ({"extra": [(b"x", b"\x1f")]}, "unknown kind 7"),
        ({"extra": [(b"x" * 5000, b"")]}, "beyond its block"),
        ({"extra": [(b"a", b""), (b"a", b"")]}, "two entries"),
    ],
)
def test_impossible_checkpoints_are_refused(tmp_path: Path, changed: dict[str, object], words: str) -> None:
    value = {"a": np.ones(3, np.float32)} if "extra" not in changed else {}
    with pytest.raises(HarnessError, match=words):
        open_bundle(_write(tmp_path / "0", value, **changed)).read("a")  # type: ignore[arg-type]


def test_compressed_blocks_are_refused(tmp_path: Path) -> None:
    (tmp_path / "0.index").write_bytes(_table([(b"", HEADER)], kind=1))
    with pytest.raises(HarnessError, match="compressed"):
        open_bundle(tmp_path / "0")


@pytest.fixture(scope="module")
def generator() -> dict[str, NDArray[np.float32]]:
    """The variables that HiFill's random weights would have been stored as."""
    state = {name: value.numpy() for name, value in random_network().state_dict().items()}
    names = variable_names(list(state))
    turned = {v: state[e].transpose(2, 3, 1, 0) if state[e].ndim == 4 else state[e] for v, e in names.items()}
    return {name: np.ascontiguousarray(value) for name, value in turned.items()}


def test_harness_weights_import_hifill(
    tmp_path: Path, generator: Values, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    index = _write(tmp_path / "0", {**generator, "discriminator/conv1/w": np.ones((5, 5, 3, 64), np.float32)})
    home = {"HARNESS_HOME": str(tmp_path / "home")}
    done = harness_command("weights", "import", "hifill", str(index), **home)
    assert done.returncode == 0, done.stderr
    path = tmp_path / "home" / "weights" / "hifill" / "official.safetensors"
    assert str(path) in done.stdout
    assert set(load_file(path)) == set(random_network().state_dict())
    network, blue_first = load_network(path)
    assert blue_first
    for name, value in random_network().state_dict().items():
        np.testing.assert_array_equal(network.state_dict()[name].numpy(), value.numpy())
    again = harness_command("weights", "import", "hifill@official", str(index), **home)
    assert (again.returncode, len(again.stderr.strip().splitlines())) == (2, 1)
    assert "--replace" in again.stderr


def test_another_networks_checkpoint_is_refused(tmp_path: Path, generator: Values) -> None:
    small = {name: np.ones(3, np.float32) for name in generator}
    first, *rest = sorted(generator)
    for other, words in (
        ({name: small[name] for name in rest}, f"{first}' is absent there"),
        (small, rf"{first}' is \[3\] there"),
        ({**small, "generator/../../x": np.ones(3, np.float32)}, "x' is .* absent in HiFill"),
    ):
        with pytest.raises(HarnessError, match=words):
            official(_write(tmp_path / "0", other))


def test_methods_that_import_nothing_say_so(
    tmp_path: Path, harness_command: Callable[..., subprocess.CompletedProcess[str]]
) -> None:
    done = harness_command("weights", "import", "telea", str(tmp_path))
    assert (done.returncode, len(done.stderr.strip().splitlines())) == (2, 1)
    assert "telea imports no weights" in done.stderr
