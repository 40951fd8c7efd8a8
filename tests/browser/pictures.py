"""Takes the pictures of the documentation from a running practice desk, in French, light and dark.

Run as `python -m tests.browser.pictures OUT_DIR`.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from tests.browser.desk import (
    PHONE,
    SCREEN,
    browsing,
    enter_practice,
    find_question,
    open_context,
    read_setup_url,
    serving,
)
from tests.browser.test_journey_bluesky import open_house
from tests.config.instance import Instance

SCHEMES = ("light", "dark")
MAX_BYTES = 200_000


def take(page: Page, folder: Path, name: str, scheme: str) -> None:
    """One picture, in at most 256 colours where pngquant is there; refuses one that is too heavy for a repository."""
    path = folder / f"{name}-{scheme}.png"
    page.evaluate("document.fonts.ready")
    page.screenshot(path=path, animations="disabled")
    if shutil.which("pngquant"):
        subprocess.run(["pngquant", "--force", "--skip-if-larger", "--output", path, path], check=False)
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise SystemExit(f"{path} weighs {size} bytes: more than {MAX_BYTES}")
    print(f"{path} {size}")


def take_desk(browser: Browser, instance: Instance, folder: Path) -> None:
    """The box and a conversation on a screen, a question and its answer on a phone."""
    base = f"http://localhost:{instance.port}"
    for scheme in SCHEMES:
        context = open_context(browser, SCREEN, color_scheme=scheme)
        page = enter_practice(context, instance)
        take(page, folder, "box", scheme)
        number = find_question(page)
        page.goto(f"{base}/boite/team/{number}/")
        expect(page.locator("[data-count]")).not_to_be_empty()
        take(page, folder, "conversation", scheme)
        page.set_viewport_size(PHONE)
        page.goto(f"{base}/question/{number}/")
        take(page, folder, "question", scheme)
        page.goto(f"{base}/question/{number}/reponse/")
        take(page, folder, "answer", scheme)
        context.close()


def take_first_day(browser: Browser, base: str, setup_url: str, folder: Path) -> None:
    """The first step, and the public notice as anybody reads it."""
    page = open_context(browser, PHONE).new_page()
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(setup_url)
        take(page, folder, "set-up", scheme)
    open_house(page, setup_url)
    page.set_viewport_size(SCREEN)
    for scheme in SCHEMES:
        page.emulate_media(color_scheme=scheme)
        page.goto(f"{base}/p/cycles-ligerien/")
        take(page, folder, "notice", scheme)
    page.context.close()


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, browsing() as browser:
        practice, house = Path(scratch, "practice"), Path(scratch, "house")
        practice.mkdir()
        house.mkdir()
        with serving(practice, "--practice") as instance:
            take_desk(browser, instance, folder)
        with serving(house) as instance:
            take_first_day(browser, f"http://localhost:{instance.port}", read_setup_url(instance), folder)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m tests.browser.pictures OUT_DIR")
    main(Path(sys.argv[1]))
