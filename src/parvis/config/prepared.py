"""Whether a database was already prepared by this very code, so that a warm start asks nothing of Django."""

import hashlib
import secrets
import sqlite3
from contextlib import closing
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[1]
STAMP = "prepared"


def read_mark(data: Path) -> str | None:
    """A mark of the code's migrations, its lock and what the database has applied; None without a readable one."""
    path = data / "parvis.sqlite3"
    if not path.exists():
        return None
    steps = sorted(str(step.relative_to(PACKAGE)) for step in PACKAGE.glob("*/migrations/*.py"))
    lock = PACKAGE.parents[1] / "requirements" / "run.txt"
    try:
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=5)) as database:
            applied = database.execute("SELECT app, name FROM django_migrations ORDER BY app, name").fetchall()
    except sqlite3.DatabaseError:
        return None
    told = repr((steps, applied, lock.read_bytes() if lock.exists() else b""))
    return hashlib.sha256(told.encode()).hexdigest()


def is_prepared(data: Path) -> bool:
    """Whether the last preparation left exactly this state."""
    stamp, mark = data / STAMP, read_mark(data)
    return mark is not None and stamp.exists() and stamp.read_text() == mark


def note_prepared(data: Path) -> None:
    mark = read_mark(data)
    if mark is not None:
        (data / STAMP).write_text(mark)


def has_firm(data: Path) -> bool:
    """Whether a firm is open in a prepared database."""
    with closing(sqlite3.connect(f"file:{data / 'parvis.sqlite3'}?mode=ro", uri=True, timeout=5)) as database:
        return database.execute("SELECT 1 FROM firm_firm LIMIT 1").fetchone() is not None


def make_setup_token(data: Path) -> str:
    """A one-use token of the set-up page; only its SHA-256 is kept, and an older one dies."""
    token = secrets.token_urlsafe(16)
    path = data / "setup-token"
    path.touch(mode=0o600)
    path.write_text(hashlib.sha256(token.encode()).hexdigest())
    return token
