"""A real WordPress on loopback: its own MariaDB (socket only), PHP's built-in server; nothing under /etc is touched."""

import base64
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.missing import MissingPeer
from tests.peers.processes import answers, folder, need, run, wait_for
from tests.peers.sharing import Facts, share

HOST = "127.0.0.21"
URL = f"http://{HOST}"
HERE = Path(__file__).parent / "wordpress_server"
PACKAGE = Path("/usr/share/wordpress")
THEMES = (PACKAGE / "wp-content/themes", Path("/var/lib/wordpress/wp-content/themes"))
PHP = ("php", "-d", "error_reporting=0")


@dataclass(frozen=True)
class Blog:
    """The running blog and its owner's application password."""

    place: str
    password: str
    url: str = URL

    def call(self, method: str, path: str, **fields: Any) -> Any:
        """One call to the REST API as the owner."""
        token = base64.b64encode(f"admin:{self.password}".encode()).decode()
        request = urllib.request.Request(
            f"{self.url}/wp-json/wp/v2{path}",
            method=method,
            data=json.dumps(fields).encode() if fields else None,
            headers={"authorization": f"Basic {token}", "content-type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=60) as reply:
            return json.loads(reply.read())

    def publish(self, title: str, html: str) -> dict[str, Any]:
        """Publish an article and let WordPress send its pingbacks; `id` and `link` are in the answer."""
        made: dict[str, Any] = self.call("POST", "/posts", title=title, status="publish", content=html)
        self.run_cron()
        return made

    def delete(self, article_id: int) -> None:
        """Take an article away for good."""
        self.call("DELETE", f"/posts/{article_id}", force=True)

    def run_cron(self) -> None:
        """WordPress pings from its cron, which here runs when asked alone."""
        subprocess.run(
            [*PHP, f"{self.place}/www/wp-cron.php"],
            env={"PATH": "/usr/bin:/bin", "HTTP_HOST": HOST}, check=True, capture_output=True,
        )  # fmt: skip


@contextmanager
def start() -> Iterator[Blog]:
    """The blog: the one that runs already, else a new one with one author."""
    with share("wordpress", lambda: answers(f"{URL}/feed/"), _boot) as facts:
        yield Blog(**facts)


@contextmanager
def _boot() -> Iterator[Facts]:
    need("php", "php-cli php-mysql php-xml php-mbstring php-curl")
    if not PACKAGE.exists() or not any(theme for themes in THEMES for theme in themes.glob("*/style.css")):
        raise MissingPeer("WordPress is absent: apt-get install wordpress wordpress-theme-twentytwentyone")
    with folder("wordpress") as place, _database(place) as socket:
        www = place / "www"
        _lay_out(www, socket)
        subprocess.run([*PHP, str(HERE / "install.php"), str(www), HOST], check=True, capture_output=True)
        shutil.copy(HERE / "router.php", place)
        serve = ["env", "PHP_CLI_SERVER_WORKERS=3", *PHP, "-S", f"{HOST}:80", "-t", str(www), str(place / "router.php")]
        log = place / "php.log"
        with run(serve, log) as child:
            wait_for(lambda: answers(f"{URL}/feed/"), "WordPress", child, log, 60)
            yield {"place": str(place), "password": (place / "app-password").read_text()}


@contextmanager
def _database(place: Path) -> Iterator[Path]:
    """The socket of a new MariaDB with an empty database `wp`."""
    install, server, admin, client = (
        need(name, "mariadb-server") for name in ("mariadb-install-db", "mariadbd", "mariadb-admin", "mariadb")
    )
    data, socket, log = place / "db", place / "db.sock", place / "db.log"
    ours = ["--no-defaults", "--user=root", f"--datadir={data}"]
    subprocess.run(
        [install, *ours, "--auth-root-authentication-method=normal", "--skip-test-db"], check=True, capture_output=True
    )
    small = ["--skip-networking", "--innodb-buffer-pool-size=32M", "--performance-schema=0"]
    ask = ["--no-defaults", "-uroot", f"--socket={socket}"]
    with run([server, *ours, f"--socket={socket}", *small], log) as child:
        wait_for(
            lambda: subprocess.run([admin, *ask, "ping"], capture_output=True, check=False).returncode == 0,
            "MariaDB", child, log, 30,
        )  # fmt: skip
        subprocess.run([client, *ask, "-e", "CREATE DATABASE wp CHARACTER SET utf8mb4"], check=True)
        yield socket


def _lay_out(www: Path, socket: Path) -> None:
    """WordPress's own tree, copied without its links so that nothing reaches back into the package."""
    shutil.copytree(PACKAGE, www, ignore=shutil.ignore_patterns("wp-content", "wp-config.php"))
    content = www / "wp-content"
    for name in ("plugins", "mu-plugins", "uploads", "themes"):
        (content / name).mkdir(parents=True)
    for theme in (theme for themes in THEMES for theme in themes.glob("*") if theme.is_dir()):
        shutil.copytree(theme, content / "themes" / theme.name, dirs_exist_ok=True)
    config = (HERE / "wp-config.php").read_text().replace("@URL@", URL).replace("@SOCKET@", str(socket))
    (www / "wp-config.php").write_text(config)
    shutil.copy(HERE / "loopback.php", content / "mu-plugins")
