"""axe-core, the judge of accessibility: fetched once from npm into the peers' cache, never kept in the repository."""

import shutil
import subprocess
import tarfile
from functools import cache
from typing import Any

from playwright.sync_api import Page

from tests.peers.missing import MissingPeer
from tests.peers.sharing import CACHE

VERSION = "4.14.1"
PLACE = CACHE / "axe"
PACKAGE = PLACE / f"axe-core-{VERSION}.tgz"
GRAVE = ("serious", "critical")


def install() -> None:
    """Fetch the package of this version, once."""
    if PACKAGE.exists():
        return
    if shutil.which("npm") is None:
        raise MissingPeer("npm is absent, so axe-core cannot be fetched: apt-get install npm")
    PLACE.mkdir(parents=True, exist_ok=True)
    subprocess.run(["npm", "pack", "--silent", f"axe-core@{VERSION}"], cwd=PLACE, check=True, capture_output=True)


@cache
def read_script() -> str:
    if not PACKAGE.exists():
        raise MissingPeer("axe-core is absent: ./parvis test --real fetches it")
    with tarfile.open(PACKAGE) as package:
        member = package.extractfile("package/axe.min.js")
        assert member is not None
        return member.read().decode()


def find_grave(page: Page) -> list[str]:
    """The serious and critical violations of a page, one line each: the rule and where."""
    page.evaluate(read_script())
    found: dict[str, Any] = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{violation['id']}: {node['target']} {node['failureSummary'].splitlines()[-1].strip()}"
        for violation in found["violations"]
        if violation["impact"] in GRAVE
        for node in violation["nodes"][:3]
    ]
