"""A linked account of the firm: its secret, its health. What it brings is intake's."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils import timezone

from parvis.firm.models import Firm, Member
from parvis.lib.vault import Vault, load_keys
from parvis.wire.contract import Access, Limits


def open_vault() -> Vault:
    return Vault(load_keys(settings.VAULT_KEY_FILE))


class Channel(models.Model):
    """One connected account of a network. `network` has no choices: a new network is no migration."""

    class State(models.TextChoices):
        OK = "ok"
        FAILING = "failing"
        UNPLUGGED = "unplugged"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="channels")
    network = models.CharField(max_length=40)
    host = models.CharField(max_length=300, blank=True)
    native_id = models.CharField(max_length=300)
    handle = models.CharField(max_length=300, blank=True)
    label = models.CharField(max_length=200, blank=True)
    sealed_secret = models.BinaryField(default=b"")
    abilities = models.JSONField(default=list)
    limits = models.JSONField(default=dict)
    note = models.CharField(max_length=300, blank=True)
    state = models.CharField(max_length=12, choices=State.choices, default=State.OK)
    trouble_kind = models.CharField(max_length=40, blank=True)
    trouble = models.CharField(max_length=500, blank=True)
    trouble_since = models.DateTimeField(null=True, blank=True)
    last_ok_at = models.DateTimeField(null=True, blank=True)
    linked_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL)
    linked_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "network", "native_id"], name="one_channel_per_account")
        ]

    def __str__(self) -> str:
        return self.label or self.handle or self.native_id

    def access(self) -> Access:
        """The account's address with its secret opened, for one call."""
        secret = open_vault().open(bytes(self.sealed_secret)) if self.sealed_secret else {}
        return Access(host=self.host, native_id=self.native_id, handle=self.handle, secret=secret)

    def text_limits(self) -> Limits:
        return Limits(**self.limits)
