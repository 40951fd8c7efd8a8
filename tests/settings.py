"""The product's settings with a data folder of the tests' own, and no undo delay to wait for."""

import os
import tempfile
from pathlib import Path

_data = Path(tempfile.mkdtemp(prefix="parvis-test-"))
os.environ["PARVIS_DATA"] = str(_data)
os.environ["PARVIS_ALLOW_LOOPBACK"] = "1"
os.environ.setdefault("PARVIS_TEST_DB", str(_data / "test.sqlite3"))

from parvis.lib.vault import make_key_file  # noqa: E402  # the folder must be named first

make_key_file(_data / "vault-key")

from parvis.config.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
