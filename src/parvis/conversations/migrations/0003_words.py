"""The search index: an FTS5 table on SQLite, a tsvector table on PostgreSQL. Erasing a message erases its row."""

from typing import Any

from django.db import migrations


def make(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute(
            "CREATE VIRTUAL TABLE message_words USING fts5(firm, words, tokenize='unicode61 remove_diacritics 2')"
        )
        schema_editor.execute(
            "CREATE TRIGGER message_words_erased AFTER DELETE ON conversations_message"
            " BEGIN DELETE FROM message_words WHERE rowid = old.id; END"
        )
        return
    schema_editor.execute(
        "CREATE TABLE message_words (message_id bigint PRIMARY KEY, firm text NOT NULL, words tsvector NOT NULL)"
    )
    schema_editor.execute(
        "CREATE FUNCTION message_words_erase() RETURNS trigger LANGUAGE plpgsql AS"
        " $$ BEGIN DELETE FROM message_words WHERE message_id = OLD.id; RETURN NULL; END $$"
    )
    schema_editor.execute(
        "CREATE TRIGGER message_words_erased AFTER DELETE ON conversations_message"
        " FOR EACH ROW EXECUTE FUNCTION message_words_erase()"
    )
    schema_editor.execute("CREATE INDEX message_words_firm ON message_words (firm)")
    schema_editor.execute("CREATE INDEX message_words_words ON message_words USING gin (words)")


def unmake(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "sqlite":
        schema_editor.execute("DROP TRIGGER message_words_erased")
    else:
        schema_editor.execute("DROP TRIGGER message_words_erased ON conversations_message")
        schema_editor.execute("DROP FUNCTION message_words_erase()")
    schema_editor.execute("DROP TABLE message_words")


class Migration(migrations.Migration):
    dependencies = [("conversations", "0002_initial")]
    operations = [migrations.RunPython(make, unmake)]
