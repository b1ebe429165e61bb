"""What of interpreter and machine is in a key."""

from __future__ import annotations

import platform

from pipekit.fingerprint.environment import environment


def test_the_environment_is_short_and_whole() -> None:
    major, minor, _ = platform.python_version_tuple()
    assert environment() == {
        "python": f"{platform.python_implementation().lower()} {major}.{minor}",
        "system": f"{platform.system()} {platform.machine()}",
    }
