"""The firm, the people who work there and how they come in; nothing about what is said to it."""

from typing import Any, ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.db import models
from django.utils import timezone


class UserAccounts(BaseUserManager["User"]):
    """Makes sign-in accounts known by their e-mail."""

    def create_user(self, email: str, password: str | None = None, **more: Any) -> "User":
        user = self.model(email=self.normalize_email(email).lower(), **more)
        user.set_password(password)
        user.save(using=self._db)
        return user


class User(AbstractBaseUser, PermissionsMixin):
    """A sign-in: an e-mail and a password. What it may do comes from its Member rows."""

    email = models.EmailField(unique=True)
    language = models.CharField(max_length=5, default="fr")
    keys_on = models.BooleanField(default=True)
    is_active = models.BooleanField(default=True)
    date_joined = models.DateTimeField(default=timezone.now)

    objects: ClassVar[UserAccounts] = UserAccounts()
    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"

    def __str__(self) -> str:
        return self.email


class Firm(models.Model):
    """The tenant. Every row that belongs to a firm carries it; every query starts from it."""

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=60, unique=True)
    trade = models.CharField(max_length=120, blank=True)
    commune = models.CharField(max_length=120, blank=True)
    is_practice = models.BooleanField(default=False)
    notice_text = models.TextField(blank=True)
    notice_published_at = models.DateTimeField(null=True, blank=True)
    targets = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name

    @property
    def may_listen(self) -> bool:
        """Nothing is fetched before the public notice stands."""
        return self.notice_published_at is not None


class Office(models.Model):
    """One place of the firm, with its opening and quiet hours (see `firm.hours` for the shape of `hours`)."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="offices")
    name = models.CharField(max_length=80)
    commune = models.CharField(max_length=120, blank=True)
    hours = models.JSONField(default=dict)
    quiet_from = models.TimeField(null=True, blank=True)
    quiet_to = models.TimeField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Member(models.Model):
    """A person working at the firm. `trade` signs their answers (« Marie, atelier »); it is never a rank."""

    class Role(models.TextChoices):
        OWNER = "owner"
        MEMBER = "member"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="members")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    office = models.ForeignKey(Office, null=True, blank=True, on_delete=models.SET_NULL)
    first_name = models.CharField(max_length=60)
    last_name = models.CharField(max_length=60, blank=True)
    trade = models.CharField(max_length=60, blank=True)
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.MEMBER)
    charter_read_at = models.DateTimeField(null=True, blank=True)
    consented_at = models.DateTimeField(null=True, blank=True)
    consent_revoked_at = models.DateTimeField(null=True, blank=True)
    away_until = models.DateTimeField(null=True, blank=True)
    joined_at = models.DateTimeField(default=timezone.now)
    left_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "user"], name="one_member_per_user_and_firm")]

    def __str__(self) -> str:
        return self.first_name

    @property
    def may_speak(self) -> bool:
        """Nothing goes out under a name without a dated consent that still stands."""
        return self.left_at is None and self.consented_at is not None and self.consent_revoked_at is None

    @property
    def is_owner(self) -> bool:
        return self.role == self.Role.OWNER

    @property
    def signature(self) -> str:
        return f"— {self.first_name}, {self.trade}" if self.trade else f"— {self.first_name}"


class Invitation(models.Model):
    """A link or a printed QR code by which colleagues come in; only the hash of its token is kept."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="invitations")
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(Member, on_delete=models.CASCADE)
    made_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)


class AuditLine(models.Model):
    """Who did what, when: only ever added to."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="audit_lines")
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL)
    act = models.CharField(max_length=60)
    about = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField(default=timezone.now, db_index=True)
