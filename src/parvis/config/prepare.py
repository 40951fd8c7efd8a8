"""Brings the database up to the code before web and worker start, in a process of its own so that its memory goes back.

Prints one JSON line: the one-use token of the set-up page, empty when a firm is open already.
"""

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.db import DatabaseError, connection
from django.db.migrations.loader import MigrationLoader

from parvis.config.faults import CannotStart, check_age
from parvis.config.prepared import make_setup_token


def migrate() -> None:
    """Bring the database to this code's shape, or refuse one that is ahead of it."""
    try:
        loader = MigrationLoader(connection)
        applied, known = set(loader.applied_migrations), set(loader.disk_migrations)
        check_age(applied, known, set(loader.migrated_apps))
        if known - applied:
            call_command("migrate", verbosity=0, interactive=False)
    except DatabaseError as error:
        raise CannotStart(
            f"The database cannot be brought up to date ({error}). The step that failed was taken back."
            " Mend this, then start again."
        ) from error


def prepare(*, practice: bool) -> str:
    """Migrate, open the practice firm if asked; the set-up token if no firm is open yet."""
    migrate()
    from parvis.firm.models import Firm

    token = "" if Firm.objects.exists() else make_setup_token(settings.DATA)
    if practice:
        from parvis.desk.practice import open_practice

        open_practice()
    return token


def main() -> int:
    django.setup()
    try:
        token = prepare(practice=settings.PRACTICE)
    except CannotStart as error:
        sys.stderr.write(f"parvis: {error}\n")
        return 2
    print(json.dumps({"token": token}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
