"""What a task may count on while it runs: one project whose tasks look around, run once, asked often."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from support.stories import Place

TASKS = """
    import logging
    import os
    import random
    import subprocess
    import sys
    from dataclasses import dataclass
    from pathlib import Path

    import numpy as np
    import pandas as pd

    from pipekit import Env, File, Folder, checkpoint, granted, progress, scratch, seed

    env = Env("inside")

    @env.task()
    def printed() -> int:
        print("from print")
        sys.stderr.write("from stderr\\n")
        logging.getLogger("lab").info("from logging")
        subprocess.run(["echo", "from a subprocess"], check=True)
        os.write(1, b"from a descriptor\\n")
        return 1

    @env.task()
    def folder() -> list[str]:
        return [os.getcwd(), str(scratch().is_dir()), str(scratch())]

    @env.task()
    def wandering() -> str:
        os.chdir("/")
        return os.getcwd()

    @env.task(wandering)
    def after_wandering(there: str, /) -> str:
        return os.getcwd()

    @env.task()
    def random_numbers() -> list[float]:
        return [random.random(), float(np.random.rand()), float(seed("x", 1) % 10**6)]

    @env.task(resources={"cpu": 2, "gpu": 1})
    def sized() -> list[str]:
        progress(1, 3)
        return [str(granted("cpu")), str(granted("gpu")), os.environ["CUDA_VISIBLE_DEVICES"], os.environ["OMP_NUM_THREADS"]]

    @env.task(sized)
    def plain(_: list[str], /) -> list[str]:
        return [str(granted("cpu")), os.environ.get("CUDA_VISIBLE_DEVICES", "none"), os.environ["OMP_NUM_THREADS"]]

    @env.task(retries=2)
    def resumed() -> int:
        tries = checkpoint() / "tries"
        done = int(tries.read_text()) if tries.exists() else 0
        tries.write_text(str(done + 1))
        if done < 1:
            raise RuntimeError("not yet")
        return done

    @env.task()
    def table() -> dict[str, list[int]]:
        return {"a": [1]}

    @env.task(table)
    def spoils(rows: dict[str, list[int]], /) -> int:
        rows["a"].append(2)
        return len(rows["a"])

    @env.task(table, spoils)
    def unspoilt(rows: dict[str, list[int]], _: int, /) -> int:
        return len(rows["a"])

    @env.task()
    def array() -> np.ndarray:
        return np.arange(100_000, dtype=float)

    @env.task(array)
    def writes(data: np.ndarray, /) -> str:
        try:
            data[0] = 5
        except ValueError as error:
            return str(error)
        return "written"

    @env.task()
    def frame() -> pd.DataFrame:
        return pd.DataFrame({"a": np.arange(30_000.0)})

    @env.task(frame)
    def widened(data: pd.DataFrame, /) -> list[str]:
        data["b"] = 1
        return list(data.columns)

    @env.task(frame, widened)
    def narrow(data: pd.DataFrame, _: list[str], /) -> list[str]:
        return list(data.columns)

    @dataclass(frozen=True)
    class Model:
        weights: File
        loss: float
        data: pd.DataFrame

    @env.task()
    def model() -> Model:
        np.save(out := scratch() / "weights.npy", np.zeros(20_000))
        return Model(out, 0.5, pd.DataFrame({"a": np.arange(30_000.0)}))

    @env.task(model)
    def weights(one: Model, /) -> File:
        return one.weights

    @env.task(weights)
    def opened(path: File, /) -> list[str]:
        return [path.name, str(np.load(path).shape), oct(path.stat().st_mode & 0o777)]

    @env.task()
    def tree() -> Folder:
        made = scratch() / "tree"
        (made / "below").mkdir(parents=True)
        (made / "a.txt").write_text("a")
        (made / "below" / "b.bin").write_bytes(b"x" * 100_000)
        return made

    @env.task(tree)
    def listed(path: Folder, /) -> list[str]:
        return sorted(f"{one.relative_to(path)} {one.stat().st_size}" for one in path.rglob("*") if one.is_file())

    @env.task()
    def outside() -> File:
        path = Path("outside.txt")
        path.write_text("here")
        return path

    @env.task(outside)
    def outside_read(path: File, /) -> list[str]:
        return [str(path), path.read_text()]

    @env.task()
    def unnamed() -> str:
        return Path("unnamed.txt").read_text()

    @env.task()
    def stops() -> int:
        breakpoint()
        return 1
"""


@pytest.fixture(scope="module")
def inside(tmp_path_factory: pytest.TempPathFactory) -> Place:
    place = Place(tmp_path_factory.mktemp("inside"))
    place.write(tasks_py=TASKS, unnamed_txt="read anyway")
    place.write(pipeline_yaml="settings: {resources: {gpu: 2}}\n")
    said = place.pipekit("run", "-j", "2")
    assert said.code == 0, said.err
    (place.folder / "said.txt").write_text(said.err)
    return place


def cat(place: Place, task: str) -> Any:
    said = place.pipekit("cat", task)
    assert said.code == 0, said.err
    return json.loads(said.out) if said.out.startswith(("[", "{")) else said.out


def test_what_is_printed_is_kept(inside: Place) -> None:
    said = inside.pipekit("log", "printed").out
    for line in ("from print", "from stderr", "INFO lab: from logging", "from a subprocess", "from a descriptor"):
        assert line in said
    assert inside.pipekit("run").code == 0
    assert inside.pipekit("log", "printed").out == said, "the log of a cached task"


def test_folders(inside: Place) -> None:
    here, there, scratch = cat(inside, "folder")
    assert (here, there) == (str(inside.folder), "True") and not Path(scratch).exists()
    assert cat(inside, "wandering") == "/" and cat(inside, "after_wandering") == str(inside.folder)
    assert list((inside.folder / ".pipekit" / "tmp").iterdir()) == []


def test_random_numbers_are_the_same_each_time(inside: Place) -> None:
    first = cat(inside, "random_numbers")
    assert inside.counts("--force", "random_numbers", "-t", "random_numbers") == {"ran": 1}
    assert cat(inside, "random_numbers") == first


def test_resources(inside: Place) -> None:
    assert cat(inside, "sized") == ["2", "1", "0", "2"]
    assert cat(inside, "plain") == ["1", "none", "1"]


def test_a_checkpoint_survives_failure_and_is_gone_after_success(inside: Place) -> None:
    assert cat(inside, "resumed").strip() == "1"
    assert not (inside.folder / ".pipekit" / "checkpoints").exists()
    assert (
        "warning: 'resumed' failed and is tried again: RuntimeError: not yet"
        in (inside.folder / "said.txt").read_text()
    )


def test_what_a_task_does_to_its_inputs_reaches_nobody(inside: Place) -> None:
    assert cat(inside, "spoils").strip() == "2" and cat(inside, "unspoilt").strip() == "1"
    assert cat(inside, "writes") == "assignment destination is read-only"
    assert cat(inside, "widened") == ["a", "b"] and cat(inside, "narrow") == ["a"]


def test_files(inside: Place) -> None:
    assert cat(inside, "opened") == ["weights.npy", "(20000,)", "0o444"]
    assert cat(inside, "listed") == ["a.txt 1", "below/b.bin 100000"]
    assert cat(inside, "outside_read") == ["outside.txt", "here"]


def test_a_reference_that_changed_is_no_hit(inside: Place) -> None:
    (inside.folder / "outside.txt").write_text("changed by hand")
    said = inside.pipekit("run", "-n", "-t", "outside_read")
    assert said.out.splitlines()[0].startswith("would run  outside       file outside.txt: ")
    assert inside.counts("-t", "outside_read") == {"ran": 1, "cached": 1}, "the same content again: cutoff"


def test_a_reference_of_a_cached_item_that_changed_is_no_hit(place: Place) -> None:
    place.write(
        tasks_py="""
            from collections.abc import Iterator
            from pathlib import Path

            from pipekit import Env, File

            env = Env("references")

            @env.stream()
            def names(*, names: tuple[str, ...]) -> Iterator[str]:
                yield from names

            @env.each(names)
            def made(name: str, /) -> File:
                Path(name).write_text(name)
                return Path(name)
        """
    )
    assert place.counts("-o", "names.names=[a]") == {"ran": 2}
    assert place.counts("-o", "names.names=[a, b]") == {"ran": 2}
    assert place.counts("-o", "names.names=[a, b]") == {"cached": 2}
    (place.folder / "a").write_text("changed by hand")
    assert place.counts("-o", "names.names=[a, b]") == {"ran": 1, "cached": 1}


def test_a_file_that_no_option_names_is_told(inside: Place) -> None:
    said = (inside.folder / "said.txt").read_text().splitlines()
    assert [line for line in said if "no option names" in line] == [
        "warning: 'unnamed' read unnamed.txt, which no option names: a change of it reruns nothing. "
        "Give unnamed an option of type File, and set it to unnamed.txt"
    ]


def test_breakpoints_are_passed_over(inside: Place) -> None:
    assert (
        "breakpoint() is passed over in a worker process; it stops under --pool inline"
        in inside.pipekit("log", "stops").out
    )


def test_pools_without_processes_say_what_they_cannot_do(inside: Place) -> None:
    said = inside.pipekit("run", "--pool", "threads", "--force", "sized", "-t", "sized")
    assert "warning: 'sized' asks for threads of its own, which --pool threads cannot give" in said.err
