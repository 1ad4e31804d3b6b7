"""The package: what is installed holds every module, script, migration and file of the page."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.running import ROOT

#: What the package needs at run time besides modules.
DATA = (".lua", ".mako", ".ini", ".html", ".css", ".js", ".json", ".svg", ".webmanifest")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names of the files in a wheel built from a copy of the checkout."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    source.mkdir()
    for name in ("setup.cfg", "pyproject.toml", "LICENSE", "README.md"):
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, source)
    for name in ("tornchat", "web"):
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"),
            "--no-build-isolation",  # that would fetch setuptools anew
            *("--disable-pip-version-check", "--wheel-dir", folder, source),
        ],
        check=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    [path] = folder.glob("*.whl")
    with zipfile.ZipFile(path) as archive:
        return set(archive.namelist())


def files_under(folder: Path, *endings: str) -> set[str]:
    return {
        str(path.relative_to(ROOT))
        for path in folder.rglob("*")
        if path.is_file() and path.suffix in endings and "__pycache__" not in path.parts
    }


def test_every_folder_of_modules_is_listed_as_a_package() -> None:
    setup = configparser.ConfigParser(interpolation=None)
    setup.read(ROOT / "setup.cfg", "utf-8")
    listed = set(setup["options"]["packages"].split())
    modules = files_under(ROOT / "tornchat", ".py")
    folders = {str(Path(name).parent).replace("/", ".") for name in modules}
    assert listed == folders | {"tornchat.web"}


def test_a_wheel_holds_every_module_and_data_file(wheel: set[str]) -> None:
    assert files_under(ROOT / "tornchat", ".py", *DATA) - wheel == set()


def test_a_wheel_holds_the_whole_page(wheel: set[str]) -> None:
    page = {
        f"tornchat/{path.relative_to(ROOT)}" for path in (ROOT / "web").rglob("*") if path.is_file()
    }
    assert page - wheel == set()


def test_a_wheel_brings_the_command(wheel: set[str]) -> None:
    assert any(name.endswith(".dist-info/entry_points.txt") for name in wheel)
