"""What came in, once, raw kept apart: Fetch says when to look, Mention is one item heard."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from parvis.channels.models import Channel
from parvis.firm.models import Firm


class Fetch(models.Model):
    """When a channel is to be read next, by whom now, and from where on."""

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="fetch")
    due_at = models.DateTimeField(default=timezone.now, db_index=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    cursor = models.TextField(blank=True)
    recheck_at = models.DateTimeField(default=timezone.now)


class Mention(models.Model):
    """One item that came in. Key: (channel, native_id), whatever way it came; a deletion leaves a tombstone."""

    class State(models.TextChoices):
        LIVE = "live"
        DELETED = "deleted"
        HIDDEN = "hidden"

    class Step(models.TextChoices):
        NEW = "new"
        THREADED = "threaded"
        IGNORED = "ignored"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="mentions")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="mentions")
    network = models.CharField(max_length=40)
    native_id = models.CharField(max_length=500)
    native_url = models.CharField(max_length=1000, blank=True)
    kind = models.CharField(max_length=12)
    state = models.CharField(max_length=10, choices=State.choices, default=State.LIVE)
    step = models.CharField(max_length=10, choices=Step.choices, default=Step.NEW)
    version = models.CharField(max_length=200, blank=True)
    root_ref = models.CharField(max_length=500, blank=True)
    parent_ref = models.CharField(max_length=500, blank=True)
    reply_ref = models.JSONField(default=dict)
    author_id_there = models.CharField(max_length=500, blank=True)
    author_handle = models.CharField(max_length=300, blank=True)
    author_name = models.CharField(max_length=200, blank=True)
    author_url = models.CharField(max_length=1000, blank=True)
    author_is_bot = models.BooleanField(default=False)
    title = models.CharField(max_length=500, blank=True)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    masked = models.JSONField(default=list)
    lang = models.CharField(max_length=12, blank=True)
    audience = models.CharField(max_length=10, default="public")
    reason = models.CharField(max_length=300, blank=True)
    links = models.JSONField(default=list)
    media = models.JSONField(default=list)
    raw = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["channel", "native_id"], name="one_mention_per_item")]
        indexes: ClassVar = [
            models.Index(fields=["step", "id"], name="mention_to_thread", condition=models.Q(step="new")),
            models.Index(fields=["firm", "native_id"], name="mention_by_native_id"),
        ]


class MentionVersion(models.Model):
    """The words an item had before it was edited."""

    mention = models.ForeignKey(Mention, on_delete=models.CASCADE, related_name="versions")
    version = models.CharField(max_length=200, blank=True)
    text = models.TextField(blank=True)
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["mention", "version"], name="one_row_per_version")]


class Ping(models.Model):
    """A link somebody says they made to us, until it is verified by fetching their page."""

    class State(models.TextChoices):
        WAITING = "waiting"
        DONE = "done"
        REFUSED = "refused"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="pings")
    kind = models.CharField(max_length=12)
    source = models.CharField(max_length=2000)
    target = models.CharField(max_length=2000)
    pair_hash = models.CharField(max_length=64)
    state = models.CharField(max_length=8, choices=State.choices, default=State.WAITING)
    due_at = models.DateTimeField(default=timezone.now)
    lease_until = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveIntegerField(default=0)
    trouble = models.CharField(max_length=300, blank=True)
    received_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "pair_hash"], name="one_ping_per_pair")]
