"""What goes out, once: one Delivery is one text to send, tracked until it is seen on the network."""

import uuid
from typing import ClassVar

from django.db import models
from django.utils import timezone

from parvis.channels.models import Channel
from parvis.firm.models import Firm, Member


class Delivery(models.Model):
    """One thing to send. `op_key` is stored before the first byte leaves; the network's own key derives from it."""

    class State(models.TextChoices):
        HELD = "held"  # may still be taken back, until due_at
        SENDING = "sending"  # a byte may have left
        SENT = "sent"
        UNCERTAIN = "uncertain"  # looked for; not known; a person must say
        FAILED = "failed"
        CANCELLED = "cancelled"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="deliveries")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="deliveries")
    author = models.ForeignKey(Member, null=True, on_delete=models.SET_NULL, related_name="deliveries")
    op_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    text = models.TextField()
    lang = models.CharField(max_length=12, default="fr")
    reply_ref = models.JSONField(default=dict)
    audience = models.CharField(max_length=10, default="public")
    written_at = models.DateTimeField(default=timezone.now)
    state = models.CharField(max_length=10, choices=State.choices, default=State.HELD)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    first_byte_at = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(null=True, blank=True)
    native_id = models.CharField(max_length=500, blank=True)
    native_url = models.CharField(max_length=1000, blank=True)
    trouble_kind = models.CharField(max_length=40, blank=True)
    trouble = models.CharField(max_length=500, blank=True)

    class Meta:
        verbose_name_plural = "deliveries"
        indexes: ClassVar = [
            models.Index(
                fields=["due_at", "id"], name="delivery_due", condition=models.Q(state__in=["held", "sending"])
            ),
            models.Index(fields=["firm", "native_id"], name="delivery_by_native_id"),
        ]
