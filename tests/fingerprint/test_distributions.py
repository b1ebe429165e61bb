from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from pipekit.fingerprint import distributions
from pipekit.fingerprint.distributions import Installed


@pytest.fixture
def site(tmp_path: Path) -> Path:
    folder = tmp_path / "env" / "lib" / "site-packages"
    folder.mkdir(parents=True)
    return folder


def install(site: Path, name: str, version: str, *files: str, **others: str) -> Path:
    """A distribution as installers write one: its files, its RECORD, and what else is given (`top_level_txt=...`)."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    for file in files:
        (site / file).parent.mkdir(parents=True, exist_ok=True)
        (site / file).write_text("")
    listed = [*files, f"../../bin/{name}", f"{info.name}/METADATA", f"{info.name}/RECORD"]
    (info / "RECORD").write_text("".join(f"{file},sha256=x,1\n" for file in listed))
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    for key, text in others.items():
        (info / key.replace("_txt", ".txt").replace("_json", ".json")).write_text(text)
    return info


def editable(folder: Path) -> str:
    return json.dumps({"url": "file://" + str(folder).replace(" ", "%20"), "dir_info": {"editable": True}})


def test_a_package_of_its_distributions_name(site: Path) -> None:
    install(site, "numpy", "2.1.0", "numpy/__init__.py", "numpy/linalg/__init__.py")
    found = Installed([str(site)])
    assert found.distribution("numpy") == found.distribution("numpy.linalg") == "numpy 2.1.0"


@pytest.mark.parametrize(
    ("name", "version", "file", "module", "expected"),
    [
        ("pillow", "11.0.0", "PIL/__init__.py", "PIL", "pillow 11.0.0"),
        ("PyYAML", "6.0.2", "yaml/__init__.py", "yaml", "pyyaml 6.0.2"),
        ("python_dateutil", "2.9.0.post0", "dateutil/__init__.py", "dateutil", "python-dateutil 2.9.0.post0"),
        ("six", "1.17.0", "six.py", "six", "six 1.17.0"),
        ("cffi", "1.17", "_cffi_backend.cpython-311-x86_64-linux-gnu.so", "_cffi_backend", "cffi 1.17"),
        ("torch", "2.5.1+cu118", "torch/__init__.py", "torch", "torch 2.5.1+cu118"),
        ("ruamel_yaml", "0.18", "ruamel/yaml/__init__.py", "ruamel.yaml", "ruamel-yaml 0.18"),
        ("attrs", "24.1", "attr/__init__.py", "attr", "attrs 24.1"),
    ],
)
def test_names_that_differ(site: Path, name: str, version: str, file: str, module: str, expected: str) -> None:
    for other in ("aaa", "zzz"):
        install(site, other, "1", f"{other}/__init__.py", f"{other}/yaml/__init__.py", f"{other}/six.py")
    install(site, "types_all", "1", "yaml-stubs/__init__.pyi", "PIL-stubs/__init__.pyi", "six-stubs/x.pyi")
    file = file.replace(".cpython-311-x86_64-linux-gnu.so", distributions._SUFFIXES[-1])
    install(site, name, version, file)
    assert Installed([str(site)]).distribution(module) == expected


def test_a_namespace_is_shared(site: Path, tmp_path: Path) -> None:
    other = tmp_path / "other" / "site-packages"
    other.mkdir(parents=True)
    install(site, "google_auth", "2.0", "google/auth/__init__.py")
    install(site, "google_cloud_storage", "3.1", "google/cloud/storage/__init__.py")
    install(other, "protobuf", "5.0", "google/protobuf/__init__.py", "google/_upb.py")
    found = Installed([str(site), str(other)])
    assert found.distribution("google") == "google-auth 2.0, google-cloud-storage 3.1, protobuf 5.0"
    assert found.distribution("google.cloud.storage.blob") == "google-cloud-storage 3.1"
    assert found.distribution("google._upb") == "protobuf 5.0"


def test_several_may_bring_the_same_package(site: Path) -> None:
    install(site, "opencv_python", "4.1", "cv2/__init__.py")
    install(site, "opencv_python_headless", "4.2", "cv2/__init__.py")
    assert Installed([str(site)]).distribution("cv2") == "opencv-python 4.1, opencv-python-headless 4.2"


def test_a_part_of_another_package_does_not_own_it(site: Path) -> None:
    install(site, "Sphinx", "8.0", "sphinx/__init__.py")
    install(site, "zz_plugin", "1.0", "sphinx/ext/zz.py", "zz_plugin/__init__.py")
    assert Installed([str(site)]).distribution("sphinx") == "sphinx 8.0"


def test_the_first_on_the_path_counts_as_python_has_it(site: Path, tmp_path: Path) -> None:
    project, system = tmp_path / "project", tmp_path / "usr" / "dist-packages"
    project.mkdir()
    system.mkdir(parents=True)
    install(site, "PyYAML", "6", "yaml/__init__.py")
    install(system, "PyYAML", "5", "yaml/__init__.py")
    assert Installed([str(site), str(system)]).distribution("yaml") == "pyyaml 6"
    assert Installed([str(system), str(site)]).distribution("yaml") == "pyyaml 5"
    (project / "yaml").mkdir()  # no package yet: what follows on the path is imported
    assert Installed([str(project), str(site)]).distribution("yaml") == "pyyaml 6"
    (project / "yaml.py").write_text("")
    assert Installed([str(project), str(site)]).distribution("yaml") is None


def test_what_belongs_to_none(site: Path, tmp_path: Path) -> None:
    install(site, "numpy", "2", "numpy/__init__.py")
    install(site, "dataclasses", "0.8", "dataclasses.py")
    (site / "loose.py").write_text("")
    found = Installed([str(tmp_path / "no.zip"), str(site), str(tmp_path / "nowhere")])
    names = ("json", "sys", "dataclasses", "_thread", "os.path", "__main__", "loose", "absent", "absent.part", "num")
    assert [found.distribution(name) for name in names] == [None] * len(names)


def test_without_a_list_of_files(site: Path) -> None:
    (site / "PyYAML-5.4.1.egg-info").write_text("Metadata-Version: 1.1\nName: PyYAML\n")
    egg = site / "Pillow-9.0.1-py3.11.egg-info"
    egg.mkdir()
    (egg / "top_level.txt").write_text("PIL\n")
    bare = site / "chardet-4.0.0.dist-info"
    bare.mkdir()
    developed = site / "thing.egg-info"
    developed.mkdir()
    (developed / "PKG-INFO").write_text("Name: thing\nVersion: 0.3\n")
    for name in ("PIL", "chardet", "thing", "pyyaml"):
        (site / name).mkdir()
        (site / name / "__init__.py").write_text("")
    found = Installed([str(site)])
    expected = ["pillow 9.0.1", "chardet 4.0.0", "thing 0.3", "pyyaml 5.4.1"]
    assert [found.distribution(name) for name in ("PIL", "chardet", "thing", "pyyaml")] == expected


def test_a_commit_counts(site: Path) -> None:
    origin = {"url": "https://example.org/x.git", "vcs_info": {"vcs": "git", "commit_id": "3f2a91"}}
    install(site, "x", "1.0", "x/__init__.py", direct_url_json=json.dumps(origin))
    assert Installed([str(site)]).distribution("x") == "x 1.0 @3f2a91"


def test_editable_folders(site: Path, tmp_path: Path) -> None:
    modern, old, dev = tmp_path / "mod ern", tmp_path / "old", tmp_path / "dev"
    for folder in (modern / "src" / "modern", old / "old", dev):
        folder.mkdir(parents=True)
    (modern / "src" / "modern" / "__init__.py").write_text("")
    (old / "old.egg-info").mkdir()
    install(site, "modern", "1", "_editable_impl_modern.pth", direct_url_json=editable(modern))
    (site / "_editable_impl_modern.pth").write_text(f"{modern}/src")
    (site / "easy-install.pth").write_text(f"# a comment\nimport sys; sys.x = 1\n{old}\n\n{dev}\n{tmp_path}/gone\n")
    install(site, "local", "1", "local/__init__.py", direct_url_json=editable(dev).replace("true", "false"))
    found = Installed([str(site), f"{modern}/src", str(old)])
    assert found.editable_roots == tuple(sorted(str(folder.resolve()) for folder in (modern, old, dev)))
    assert found.distribution("modern") is found.distribution("old") is None
    assert found.is_editable(f"{modern}/src/modern/__init__.py") and found.is_editable(f"{old}/old/x.py")
    assert not found.is_editable(f"{site}/local/__init__.py") and not found.is_editable(f"{tmp_path}/mod ernity/x.py")


def test_what_is_installed_below_an_editable_folder_is_not_editable(tmp_path: Path) -> None:
    site = tmp_path / "project" / ".venv" / "site-packages"
    site.mkdir(parents=True)
    install(site, "project", "1", "project.pth", direct_url_json=editable(tmp_path / "project"))
    install(site, "numpy", "2", "numpy/__init__.py")
    found = Installed([str(site)])
    assert found.is_editable(str(tmp_path / "project" / "tasks.py"))
    assert not found.is_editable(str(site / "numpy" / "__init__.py"))


def test_folders_that_are_no_sources(site: Path, tmp_path: Path) -> None:
    (site / "win32").mkdir()
    chained = tmp_path / "base" / "site-packages"
    chained.mkdir(parents=True)
    (site / "pywin32.pth").write_text("win32\nwin32/lib\n")
    (site / "chain.pth").write_text(f"{chained}\n")
    assert Installed([str(site)]).editable_roots == ()
    assert not Installed([str(site)]).is_editable(json.__file__)


def test_of_this_interpreter() -> None:
    assert distributions.distribution("pytest") == f"pytest {pytest.__version__}"
    assert distributions.distribution("json") is distributions.distribution("sys") is None
    assert not distributions.is_editable(pytest.__file__) and not distributions.is_editable(json.__file__)
    assert all(Path(root).is_dir() for root in distributions.editable_roots())


def test_it_imports_nothing_heavy() -> None:
    code = "import pipekit.fingerprint.distributions as d, sys; d.distribution('pytest'); d.editable_roots(); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert {"importlib.metadata", "email", "json", "urllib.parse", "pytest", "zipfile"} & set(loaded) == set()
