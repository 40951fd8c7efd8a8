"""On PostgreSQL, what changes what a worker or a screen waits for sends a notice; SQLite has its data version."""

from typing import Any

from django.db import migrations

TABLES = ("conversations_change", "outbox_delivery", "intake_mention", "intake_ping", "channels_channel")


def make(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    schema_editor.execute(
        "CREATE FUNCTION parvis_notify() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN PERFORM pg_notify('parvis', ''); RETURN NULL; END $$"
    )
    for table in TABLES:
        schema_editor.execute(
            f"CREATE TRIGGER {table}_notice AFTER INSERT OR UPDATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION parvis_notify()"
        )


def unmake(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor != "postgresql":
        return
    for table in TABLES:
        schema_editor.execute(f"DROP TRIGGER {table}_notice ON {table}")
    schema_editor.execute("DROP FUNCTION parvis_notify()")


class Migration(migrations.Migration):
    dependencies = [
        ("flow", "0001_initial"),
        ("conversations", "0003_words"),
        ("outbox", "0001_initial"),
        ("intake", "0001_initial"),
        ("channels", "0001_initial"),
    ]
    operations = [migrations.RunPython(make, unmake)]
