"""The file of vectors: compared as they are, shared by processes, bounded."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from digestmail.relevance.features.arrays import Dense, unit
from digestmail.search import VectorFile

SIZE = 64


def unit_vectors(number: int, seed: int = 1) -> Dense:
    return unit(np.random.default_rng(seed).normal(size=(number, SIZE)).astype(np.float32))


def opened(
    folder: Path, *, store: str = "store", kind: str = "model", rows: int = 5000
) -> VectorFile:
    return VectorFile(folder, store, kind, SIZE, rows)


def test_cosines_are_those_of_the_vectors(tmp_path: Path) -> None:
    file, vectors, query = opened(tmp_path), unit_vectors(3000), unit_vectors(1, seed=2)
    ids = np.arange(1, 3001)
    file.put(ids.tolist(), vectors)
    assert np.abs(file.cosines(ids, query) - (vectors @ query.T)[:, 0]).max() < 0.005
    some = np.array([7, 2900, 7])
    assert file.cosines(some, query) == pytest.approx(file.cosines(ids, query)[some - 1])


def test_of_many_vectors_the_nearest_counts(tmp_path: Path) -> None:
    file, vectors = opened(tmp_path), unit_vectors(3)
    file.put([1, 2, 3], vectors)
    cosines = file.cosines(np.array([1, 2, 3]), vectors[:2])
    assert cosines == pytest.approx((vectors @ vectors[:2].T).max(axis=1), abs=0.01)


def test_rows_are_read_in_the_order_of_the_ids(tmp_path: Path) -> None:
    file, vectors = opened(tmp_path), unit_vectors(4)
    file.put([1, 2, 3, 4], vectors)
    for ids in ([1, 2, 3, 4], [4, 2, 3, 1], [1, 3, 2, 4], [2, 4], [3]):
        cosines = file.cosines(np.array(ids), vectors[[1]])
        assert cosines == pytest.approx((vectors @ vectors[1])[np.array(ids) - 1], abs=0.01)


def test_a_paper_without_a_vector_is_like_nothing(tmp_path: Path) -> None:
    file, query = opened(tmp_path), unit_vectors(1)
    file.put([4], np.zeros((1, SIZE), dtype=np.float32))
    assert file.cosines(np.array([3, 4]), query).tolist() == [0, 0]
    assert file.cosines(np.zeros(0, dtype=np.int64), query).tolist() == []


def test_processes_share_one_file(tmp_path: Path) -> None:
    writer, reader = opened(tmp_path), opened(tmp_path)
    assert writer.is_writer
    assert not reader.is_writer
    vectors = unit_vectors(1)
    writer.put([9], vectors)
    assert reader.cosines(np.array([9]), vectors[[0]])[0] == pytest.approx(1, abs=0.01)
    writer.close()
    assert reader.is_writer


def test_a_killed_process_is_no_longer_the_writer(tmp_path: Path) -> None:
    code = f"""
from pathlib import Path
from digestmail.search import VectorFile
file = VectorFile(Path({str(tmp_path)!r}), "store", "model", {SIZE}, 5000)
print(file.is_writer, flush=True)
input()
"""
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == "True\n"
        file = opened(tmp_path)
        assert not file.is_writer
        other.kill()
        other.wait()
        assert file.is_writer


def test_vectors_are_there_after_a_restart(tmp_path: Path) -> None:
    first, vectors = opened(tmp_path), unit_vectors(2)
    first.put([1, 2], vectors)
    first.close()
    again = opened(tmp_path)
    assert again.cosines(np.array([1, 2]), vectors[[1]])[1] == pytest.approx(1, abs=0.01)


def test_rows_are_reused_in_turn(tmp_path: Path) -> None:
    file, vectors = opened(tmp_path, rows=10), unit_vectors(2)
    file.put([3], vectors[:1])
    size = sum(path.stat().st_size for path in tmp_path.iterdir())
    file.put([13], vectors[1:])
    assert file.cosines(np.array([13]), vectors[[1]])[0] == pytest.approx(1, abs=0.01)
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) == size


def test_another_model_has_another_file_and_the_old_one_goes(tmp_path: Path) -> None:
    old, vectors = opened(tmp_path), unit_vectors(1)
    old.put([1], vectors)
    opened(tmp_path, store="another store")
    new = opened(tmp_path, kind="another model")
    assert new.cosines(np.array([1]), vectors[[0]]).tolist() == [0]
    assert old.cosines(np.array([1]), vectors[[0]])[0] == pytest.approx(1, abs=0.01)
    assert len(list(tmp_path.iterdir())) == 2


def test_without_a_folder_to_write_to_vectors_are_kept_in_memory(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    file, vectors = opened(tmp_path / "file" / "below"), unit_vectors(1)
    file.put([1], vectors)
    assert file.is_writer
    assert file.cosines(np.array([1]), vectors[[0]])[0] == pytest.approx(1, abs=0.01)
    assert "keeps its own vectors" in caplog.text
