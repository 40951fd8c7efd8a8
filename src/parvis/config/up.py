"""`./parvis up`: checks, keys, migrations, then web and worker until told to stop."""

import os
import secrets
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

import django
from django.core.management import call_command
from django.db import connection
from django.db.migrations.loader import MigrationLoader

from parvis.config import faults
from parvis.config.supervise import Child, GaveUp, Supervisor
from parvis.lib.vault import make_key_file

READY_S = 60


def make_keys(data: Path) -> None:
    """The two key files, readable by their owner alone."""
    make_key_file(data / "vault-key")
    path = data / "secret-key"
    if not path.exists():
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_urlsafe(48))


def migrate() -> None:
    """Bring the database to this code's shape, or refuse one that is ahead of it."""
    loader = MigrationLoader(connection)
    applied = set(loader.applied_migrations)
    faults.check_age(applied, set(loader.disk_migrations), set(loader.migrated_apps))
    if set(loader.disk_migrations) - applied:
        call_command("migrate", verbosity=0, interactive=False)


def make_setup_token(data: Path) -> str:
    """A one-use token of the set-up page; only its hash is kept, and an older one dies."""
    from parvis.firm.people import hash_token  # noqa: PLC0415  # models load after django.setup

    token = secrets.token_urlsafe(16)
    path = data / "setup-token"
    path.touch(mode=0o600)
    path.write_text(hash_token(token))
    return token


def has_firm() -> bool:
    from parvis.firm.models import Firm  # noqa: PLC0415  # models load after django.setup

    return Firm.objects.exists()


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=2) as reply:
            return bool(reply.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def list_children(port: int) -> list[Child]:
    web = [
        sys.executable, "-m", "gunicorn", "parvis.config.wsgi:application", "-k", "gthread", "--workers", "1",
        "--threads", "64", "--timeout", "60", "--graceful-timeout", "10", "--bind", f"0.0.0.0:{port}",
        "--log-level", "warning",
    ]  # fmt: skip
    return [Child("web", web), Child("worker", [sys.executable, "-m", "parvis.flow.worker"])]


def prepare(data: Path, port: int) -> IO[str]:
    """All that can refuse a start, in the order in which a person would mend it; returns the held lock."""
    faults.check_folder(data)
    lock = faults.take_lock(data)
    faults.check_port(port)
    faults.check_database(data / "parvis.sqlite3")
    make_keys(data)
    return lock


def up(*, data: Path, port: int, practice: bool) -> int:
    """Start and stay; returns the exit status."""
    lock = prepare(data, port)
    os.environ["PARVIS_DATA"] = str(data)
    os.environ.setdefault("PARVIS_PUBLIC_URL", f"http://localhost:{port}")
    if practice:
        os.environ["PARVIS_PRACTICE"] = "1"
    django.setup()
    migrate()
    token = "" if has_firm() else make_setup_token(data)
    if practice:
        from parvis.desk.practice import open_practice  # noqa: PLC0415  # models load after django.setup

        open_practice()
    connection.close()
    supervisor = Supervisor(list_children(port), os.environ)
    supervisor.start()
    ends = time.monotonic() + READY_S
    while not is_ready(port) and time.monotonic() < ends:
        time.sleep(0.05)
    address = os.environ["PARVIS_PUBLIC_URL"]
    print(f"Parvis : {address}/", flush=True)
    if practice:
        print(f"Exercice / practice: {address}/exercice/", flush=True)
    elif token:
        print(f"Première visite / first visit: {address}/bienvenue/{token}/", flush=True)
    try:
        supervisor.watch()
    except GaveUp as gave_up:
        sys.stderr.write(
            f"parvis: {gave_up} died too often; stopped. Nothing is lost. See above, then: ./parvis doctor\n"
        )
        return 1
    finally:
        lock.close()
    return 0
