"""A person outside and their handles: one Contact, many Identities, joined and parted without loss."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from parvis.firm.models import Firm, Member


class Contact(models.Model):
    """A person outside the firm. No score, no stage."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="contacts")
    name = models.CharField(max_length=200)
    known_since = models.DateTimeField(default=timezone.now)
    last_spoke_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["firm", "-last_spoke_at", "-id"], name="contact_by_last_word")]

    def __str__(self) -> str:
        return self.name


class Identity(models.Model):
    """A handle of somebody on one network. `first_contact` is where it began, so that a join can be undone."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="identities")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="identities")
    network = models.CharField(max_length=40)
    native_id = models.CharField(max_length=500)
    handle = models.CharField(max_length=300, blank=True)
    name = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000, blank=True)

    class Meta:
        verbose_name_plural = "identities"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["firm", "network", "native_id"], name="one_identity_per_handle")
        ]


class Memo(models.Model):
    """What is worth knowing of somebody, or what was promised them, noted by a colleague."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="memos")
    contact = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="memos")
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL)
    text = models.CharField(max_length=500)
    is_promise = models.BooleanField(default=False)
    kept_at = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField(default=timezone.now)


class Joining(models.Model):
    """Two contacts said to be one person: which identities moved, so that they can be parted again."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="joinings")
    kept = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="joined_in")
    absorbed = models.ForeignKey(Contact, on_delete=models.CASCADE, related_name="joined_out")
    moved = models.JSONField(default=dict)
    member = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL)
    at = models.DateTimeField(default=timezone.now)
    parted_at = models.DateTimeField(null=True, blank=True)
