"""Every setting of one Parvis instance, read from the environment and the data folder.

`PARVIS_DATA` is the folder that holds the database and the keys; `PARVIS_DATABASE_URL` moves the rows to PostgreSQL.
"""

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from csp.constants import NONE, SELF

from parvis.lib import http

DATA = Path(os.environ.get("PARVIS_DATA", Path.home() / ".local" / "share" / "parvis"))
DEBUG = False


def _read_secret_key() -> str:
    path = DATA / "secret-key"
    return path.read_text().strip() if path.exists() else os.environ.get("PARVIS_SECRET_KEY", "not-for-serving")


SECRET_KEY = _read_secret_key()
VAULT_KEY_FILE = Path(os.environ.get("PARVIS_KEY_FILE", DATA / "vault-key"))
PRACTICE = os.environ.get("PARVIS_PRACTICE") == "1"
PUBLIC_URL = os.environ.get("PARVIS_PUBLIC_URL", "http://localhost:8000").rstrip("/")
POLL_S = float(os.environ.get("PARVIS_POLL_S", "20"))
UNDO_S = float(os.environ.get("PARVIS_UNDO_S", "10"))

if os.environ.get("PARVIS_ALLOW_LOOPBACK") == "1":
    http.allow(["127.0.0.0/8", "::1/128"], any_port=True)

ALLOWED_HOSTS = [
    host
    for host in {
        urlsplit(PUBLIC_URL).hostname or "localhost",
        "localhost",
        "127.0.0.1",
        *os.environ.get("PARVIS_HOSTS", "").split(","),
    }
    if host
]
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL] if PUBLIC_URL.startswith("https://") else []

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "parvis.firm",
    "parvis.channels",
    "parvis.intake",
    "parvis.outbox",
    "parvis.contacts",
    "parvis.conversations",
    "parvis.routing",
    "parvis.replies",
    "parvis.flow",
    "parvis.api",
    "parvis.desk",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "parvis.desk.member.MemberMiddleware",
]

ROOT_URLCONF = "parvis.config.urls"
WSGI_APPLICATION = "parvis.config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent.parent / "desk" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.csrf",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "parvis.desk.member.for_templates",
            ]
        },
    }
]


def _databases() -> dict[str, dict[str, object]]:
    address = os.environ.get("PARVIS_DATABASE_URL", "")
    if not address:
        return {
            "default": {
                "ENGINE": "django.db.backends.sqlite3",
                "NAME": DATA / "parvis.sqlite3",
                "CONN_MAX_AGE": None,
                "ATOMIC_REQUESTS": False,
                "OPTIONS": {
                    "transaction_mode": "IMMEDIATE",
                    "timeout": 20,
                    "init_command": (
                        "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA temp_store=MEMORY;"
                        "PRAGMA mmap_size=268435456; PRAGMA cache_size=-16384; PRAGMA journal_size_limit=67108864;"
                        "PRAGMA secure_delete=FAST; PRAGMA foreign_keys=ON;"
                    ),
                },
                "TEST": {"NAME": os.environ.get("PARVIS_TEST_DB")},
            }
        }
    parts = urlsplit(address)
    return {
        "default": {
            "ENGINE": "django.db.backends.postgresql",
            "NAME": parts.path.lstrip("/"),
            "USER": unquote(parts.username or ""),
            "PASSWORD": unquote(parts.password or ""),
            "HOST": parts.hostname or "",
            "PORT": str(parts.port or ""),
            "CONN_MAX_AGE": None,
            "CONN_HEALTH_CHECKS": True,
        }
    }


DATABASES = _databases()
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}

AUTH_USER_MODEL = "firm.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "parvis.desk.accounts.Adapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = bool(os.environ.get("PARVIS_SMTP_HOST"))
ACCOUNT_SESSION_REMEMBER = True
# By account, and generous by address: a training room of forty people shares one.
ACCOUNT_RATE_LIMITS = {"login": "300/m/ip", "login_failed": "8/5m/key,200/5m/ip", "signup": "100/m/ip"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = False

EMAIL_BACKEND = (
    "django.core.mail.backends.smtp.EmailBackend"
    if os.environ.get("PARVIS_SMTP_HOST")
    else "django.core.mail.backends.dummy.EmailBackend"
)
EMAIL_HOST = os.environ.get("PARVIS_SMTP_HOST", "")
EMAIL_PORT = int(os.environ.get("PARVIS_SMTP_PORT", "587"))
EMAIL_HOST_USER = os.environ.get("PARVIS_SMTP_USER", "")
EMAIL_HOST_PASSWORD = os.environ.get("PARVIS_SMTP_PASSWORD", "")
EMAIL_USE_TLS = os.environ.get("PARVIS_SMTP_TLS", "1") == "1"
DEFAULT_FROM_EMAIL = os.environ.get("PARVIS_MAIL_FROM", "parvis@localhost")

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", "Français"), ("en", "English")]
LOCALE_PATHS = [Path(__file__).parent.parent / "locale"]
TIME_ZONE = "Europe/Paris"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False

_SECURE = PUBLIC_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = _SECURE
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 30
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if _SECURE else None
SECURE_HSTS_SECONDS = 31_536_000 if _SECURE else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
DATA_UPLOAD_MAX_MEMORY_SIZE = 8_000_000
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": os.environ.get("PARVIS_LOG", "WARNING")},
}
