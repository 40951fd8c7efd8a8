"""Tokens by which machines do what the screens do."""

from django.db import models
from django.utils import timezone

from parvis.firm.models import Firm, Member


class ApiToken(models.Model):
    """A scoped, revocable token of one member; only its hash is kept."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="api_tokens")
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    name = models.CharField(max_length=80)
    token_hash = models.CharField(max_length=64, unique=True)
    scopes = models.JSONField(default=list)
    made_at = models.DateTimeField(default=timezone.now)
    used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
