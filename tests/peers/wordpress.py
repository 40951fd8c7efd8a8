"""A real WordPress on loopback: its own MariaDB (socket only) and PHP's built-in server; nothing under /etc is touched."""

import base64
import json
import shutil
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.peers.missing import MissingPeer
from tests.peers.processes import answers, folder, need, run, wait_for

HOST = "127.0.0.21"
HERE = Path(__file__).parent / "wordpress_server"
PACKAGE = Path("/usr/share/wordpress")


@dataclass(frozen=True)
class Blog:
    """The running blog and its owner's application password."""

    place: Path
    password: str

    @property
    def url(self) -> str:
        return f"http://{HOST}"

    def call(self, method: str, path: str, **fields: Any) -> Any:
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
        """Publish an article and let WordPress send its pingbacks."""
        made: dict[str, Any] = self.call("POST", "/posts", title=title, status="publish", content=html)
        self.run_cron()
        return made

    def run_cron(self) -> None:
        subprocess.run(
            ["php", "-d", "error_reporting=0", str(self.place / "www/wp-cron.php")],
            env={"PATH": "/usr/bin:/bin", "HTTP_HOST": HOST}, check=True, capture_output=True,
        )  # fmt: skip


def _copy_tree(www: Path, socket: Path) -> None:
    shutil.copytree(PACKAGE, www, symlinks=False, ignore=shutil.ignore_patterns("wp-content", "wp-config.php"))
    content = www / "wp-content"
    for name in ("plugins", "mu-plugins", "uploads", "themes"):
        (content / name).mkdir(parents=True)
    for themes in (PACKAGE / "wp-content/themes", Path("/var/lib/wordpress/wp-content/themes")):
        for theme in themes.glob("*"):
            if theme.is_dir() and not (content / "themes" / theme.name).exists():
                shutil.copytree(theme, content / "themes" / theme.name)
    config = (HERE / "wp-config.php").read_text().replace("@URL@", f"http://{HOST}").replace("@SOCKET@", str(socket))
    (www / "wp-config.php").write_text(config)
    shutil.copy(HERE / "loopback.php", content / "mu-plugins" / "loopback.php")


@contextmanager
def start() -> Iterator[Blog]:
    """A new blog with one author."""
    need("php", "php-cli php-mysql php-xml php-mbstring php-curl")
    install = need("mariadb-install-db", "mariadb-server")
    server, admin, client = (need(name, "mariadb-server") for name in ("mariadbd", "mariadb-admin", "mariadb"))
    if not PACKAGE.exists():
        raise MissingPeer("WordPress is absent: apt-get install wordpress wordpress-theme-twentytwentyone")
    with ExitStack() as stack:
        place = stack.enter_context(folder("wordpress"))
        socket = place / "db.sock"
        subprocess.run(
            [install, "--no-defaults", "--user=root", f"--datadir={place / 'db'}",
             "--auth-root-authentication-method=normal", "--skip-test-db"],
            check=True, capture_output=True,
        )  # fmt: skip
        log = place / "db.log"
        database = stack.enter_context(
            run([server, "--no-defaults", "--user=root", f"--datadir={place / 'db'}", f"--socket={socket}",
                 "--skip-networking", "--innodb-buffer-pool-size=32M", "--performance-schema=0"], log)
        )  # fmt: skip
        ask = [admin, "--no-defaults", "-uroot", f"--socket={socket}", "ping"]
        wait_for(lambda: subprocess.run(ask, capture_output=True, check=False).returncode == 0, "MariaDB", log, database, 30)
        subprocess.run(
            [client, "--no-defaults", "-uroot", f"--socket={socket}", "-e", "CREATE DATABASE wp CHARACTER SET utf8mb4"],
            check=True,
        )
        www = place / "www"
        _copy_tree(www, socket)
        subprocess.run(["php", str(HERE / "install.php"), str(www), HOST], check=True, capture_output=True)
        shutil.copy(HERE / "router.php", place / "router.php")
        out = place / "php.log"
        php = stack.enter_context(
            run(["env", "PHP_CLI_SERVER_WORKERS=3", "php", "-d", "error_reporting=0", "-S", f"{HOST}:80",
                 "-t", str(www), str(place / "router.php")], out)
        )  # fmt: skip
        wait_for(lambda: answers(f"http://{HOST}/feed/"), "WordPress", out, php, 30)
        yield Blog(place, (place / "app-password").read_text())
