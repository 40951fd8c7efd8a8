"""The two commands over feeds and links print one JSON value, and a hopeless file is a status of 1 without a trace."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.networks.site import Site, serve_site


@pytest.fixture
def site() -> Iterator[Site]:
    with serve_site() as running:
        yield running


def run(*words: str) -> subprocess.CompletedProcess[str]:
    source = Path(__file__).parents[2] / "src"
    env = {**os.environ, "PYTHONPATH": str(source), "PARVIS_ALLOW_LOOPBACK": "1"}
    env.pop("DJANGO_SETTINGS_MODULE", None)
    command = [sys.executable, "-m", "parvis.config.cli", *words]
    return subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, check=False)


def test_a_hopeless_file_is_an_error_and_a_status_of_1(tmp_path: Path) -> None:
    path = tmp_path / "bad.xml"
    path.write_bytes(b"\x89PNG not a feed")
    done = run("feed", "check", str(path), "--json")
    assert done.returncode == 1
    told = json.loads(done.stdout)
    assert set(told) == {"title", "kind", "items", "error"}
    assert told["error"]
    assert "Traceback" not in done.stderr


def test_a_good_file_is_a_status_of_0(tmp_path: Path) -> None:
    path = tmp_path / "good.xml"
    path.write_text("<rss version='2.0'><channel><title>J</title><item><title>Un</title></item></channel></rss>")
    done = run("feed", "check", str(path), "--json")
    assert (done.returncode, json.loads(done.stdout)["items"][0]["title"]) == (0, "Un")


def test_discovery_prints_absolute_addresses_or_null(site: Site) -> None:
    done = run("links", "discover", site.put("/page", '<link rel="webmention" href="/take">'), "--json")
    assert json.loads(done.stdout) == {"webmention": f"{site.url}/take", "pingback": None}
    assert done.returncode == 0
