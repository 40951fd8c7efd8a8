"""`./parvis up`: checks, keys, migrations, then web and worker until told to stop."""

import json
import os
import secrets
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import IO

from parvis.config import faults
from parvis.config.prepared import has_firm, is_prepared, make_setup_token, note_prepared
from parvis.config.supervise import Child, GaveUp, Supervisor
from parvis.lib.vault import make_key_file


def make_keys(data: Path) -> None:
    """The two key files, readable by their owner alone."""
    make_key_file(data / "vault-key")
    path = data / "secret-key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def list_children(port: int) -> list[Child]:
    web = [
        sys.executable, "-m", "gunicorn", "parvis.config.wsgi:application", "-k", "gthread", "--workers", "1",
        "--threads", "64", "--timeout", "60", "--graceful-timeout", "4", "--bind", f"0.0.0.0:{port}",
        "--log-level", "warning",
    ]  # fmt: skip
    return [Child("web", web), Child("worker", [sys.executable, "-m", "parvis.flow.worker"])]


def check(data: Path, port: int) -> IO[str]:
    """All that can refuse a start, before anything is made; returns the held lock."""
    if not data.exists():
        faults.check_port(port)
    faults.check_folder(data)
    lock = faults.take_lock(data)
    faults.check_port(port)
    faults.check_database(data / "parvis.sqlite3")
    return lock


def prepare(data: Path, *, practice: bool) -> str | None:
    """The set-up token (empty when a firm is open), or None when the start was refused and the reason said."""
    if not practice and not os.environ.get("PARVIS_DATABASE_URL") and is_prepared(data):
        return "" if has_firm(data) else make_setup_token(data)
    done = subprocess.run([sys.executable, "-m", "parvis.config.prepare"], stdout=subprocess.PIPE, check=False)
    if done.returncode:
        return None
    token: str = json.loads(done.stdout.splitlines()[-1])["token"]
    note_prepared(data)
    return token


def announce(*, practice: bool, token: str) -> None:
    address = os.environ["PARVIS_PUBLIC_URL"].rstrip("/")
    print(f"Parvis : {address}/", flush=True)
    if practice:
        print(f"Exercice / practice: {address}/exercice/", flush=True)
    elif token:
        print(f"Première visite / first visit: {address}/bienvenue/{token}/", flush=True)


def up(*, data: Path, port: int, practice: bool) -> int:
    """Start and stay; returns the exit status."""
    with check(data, port):
        make_keys(data)
        (data / "static").mkdir(exist_ok=True)
        os.environ["PARVIS_DATA"] = str(data)
        os.environ.setdefault("PARVIS_PUBLIC_URL", f"http://localhost:{port}")
        if practice:
            os.environ["PARVIS_PRACTICE"] = "1"
        token = prepare(data, practice=practice)
        if token is None:
            return 2
        supervisor = Supervisor(list_children(port), os.environ)
        supervisor.start()
        try:
            supervisor.watch(lambda: is_ready(port), lambda: announce(practice=practice, token=token))
        except GaveUp as gave_up:
            sys.stderr.write(
                f"parvis: {gave_up} died too often; stopped. Nothing is lost. See above, then: ./parvis doctor\n"
            )
            return 1
    return 0
