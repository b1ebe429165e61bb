"""The settings of pipeline.yaml: what they become, and what is said of wrong ones."""

from __future__ import annotations

import pytest
from support.documents import invoked, refused

from pipekit.invocation.invocation import Settings

BOOK = "options: {lines: {path: data/book.txt}}\n"


def test_everything_that_can_be_set() -> None:
    made = invoked(BOOK + "settings:\n  jobs: 4\n  memory: 8GB\n  resources: {gpu: 2, api: 0.5}\n  tasks: {words: {cpu: 8, memory: 1.5GiB}}\n"
                          "  store: {max_size: 50GB}\n  remote: {url: 's3://b/p', trust: [team:KEY]}\n")  # fmt: skip
    assert made.settings == Settings(
        jobs=4,
        memory=8 * 10**9,
        resources={"gpu": 2.0, "api": 0.5},
        tasks={"words": {"cpu": 8.0, "memory": 3 * 2**29}},
        store={"max_size": 50 * 10**9},
        remote={"url": "s3://b/p", "trust": ("team:KEY",)},
    )


def test_nothing_is_set_by_default() -> None:
    assert (
        invoked(BOOK).settings
        == Settings()
        == invoked(BOOK + "settings: {resources: , tasks: , store: , remote: }").settings
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("jobs: 0", "jobs is 0, not a whole number above zero @ 2:18+1 ? write it like 4"),
        ("jobs: 2.5", "jobs is 2.5, not a whole number above zero @ 2:18+3 ? write it like 4"),
        ("jobs: true", "jobs is true, not a whole number above zero @ 2:18+4 ? write it like 4"),
        ("jobs: ", "jobs is null, not a whole number above zero @ 2:18+1 ? write it like 4"),
        ("memory: lots", "memory is 'lots', not a size @ 2:20+4 ? write it like 8GB or 512MiB"),
        ("memory: -1", "memory is -1, not a size @ 2:20+2 ? write it like 8GB or 512MiB"),
        ("job: 1", "settings has no key 'job' @ 2:12+3 ? did you mean 'jobs'? the keys are: jobs, memory, resources, tasks, store, remote"),
        ("resources: 3", "settings.resources is 3, not a mapping @ 2:23+1 ? write key: value"),
        ("resources: {cpu: 3}", "'cpu' is no resource of its own here @ 2:24+3 ? give it as settings.jobs"),
        ("resources: {memory: 3}", "'memory' is no resource of its own here @ 2:24+6 ? give it as settings.memory"),
        ("resources: {gpu: .inf}", "resource 'gpu' is .inf, not a number of zero or more @ 2:29+4 ? write it like 2 or 0.5"),
        ("resources: {3: 1}", "a resource cannot be named 3 @ 2:24+1 ? put the name in quotes"),
        ("tasks: {wrods: {cpu: 1}}", "there is no task 'wrods' @ 2:20+5 ? did you mean 'words'? the tasks are: lines, words, counts, ranking"),
        ("tasks: {words: {cpu: x}}", "resource 'cpu' of task 'words' is 'x', not a number of zero or more @ 2:33+1 ? write it like 2 or 0.5"),
        ("tasks: {words: {memory: x}}", "resource 'memory' of task 'words' is 'x', not a size @ 2:36+1 ? write it like 8GB or 512MiB"),
        ("store: {max: 3}", "settings.store has no key 'max' @ 2:20+3 ? the keys are: max_size"),
        ("remote: {url: 3}", "url is 3, not a URL @ 2:26+1 ? write it like s3://bucket/prefix"),
        ("remote: {trust: x}", "trust is 'x', not a list @ 2:28+1 ? write trust: [name:KEY]"),
        ("remote: {trust: [x, {}]}", "a trusted key is a mapping, not a name and a key @ 2:32+2 ? write it like team:BASE64KEY"),
        ('memory: "${env:MEM}"', "the environment variable 'MEM' is not set @ 2:20+12 ? set it, or give a default: ${env:MEM:-default}"),
    ],
)  # fmt: skip
def test_a_wrong_setting(text: str, said: str) -> None:
    assert refused(BOOK + f"settings: {{{text}}}") == [said]
