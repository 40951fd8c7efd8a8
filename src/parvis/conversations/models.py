"""The thread: one Conversation a person waiting, one Message a turn. The only place that threads."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from parvis.channels.models import Channel
from parvis.contacts.models import Contact
from parvis.firm.models import Firm, Member
from parvis.intake.models import Mention
from parvis.outbox.models import Delivery


class Label(models.Model):
    """A word the firm puts on conversations."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="labels")
    name = models.CharField(max_length=40)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["firm", "name"], name="one_label_per_name")]


class Conversation(models.Model):
    """One line in the box."""

    class State(models.TextChoices):
        OPEN = "open"  # the person waits for us
        WAITING = "waiting"  # we wait for the person
        LATER = "later"
        CLOSED = "closed"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="conversations")
    contact = models.ForeignKey(Contact, null=True, on_delete=models.SET_NULL, related_name="conversations")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="conversations")
    network = models.CharField(max_length=40)
    audience = models.CharField(max_length=10, default="public")
    name = models.CharField(max_length=200)
    snippet = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=12, default="question")
    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    holder = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="held")
    labels = models.ManyToManyField(Label, blank=True)
    opened_at = models.DateTimeField(default=timezone.now)
    asked_at = models.DateTimeField(default=timezone.now)
    answer_by = models.DateTimeField(null=True, blank=True)
    last_at = models.DateTimeField(default=timezone.now)
    later_until = models.DateTimeField(null=True, blank=True)
    seen_at = models.DateTimeField(null=True, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="answered")

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["firm", "-last_at", "-id"], name="box_all"),
            models.Index(fields=["firm", "state", "-last_at", "-id"], name="box_by_state"),
            models.Index(fields=["firm", "state", "holder", "-last_at", "-id"], name="box_by_holder"),
            models.Index(fields=["contact", "-last_at"], name="box_by_contact"),
            models.Index(fields=["later_until"], name="box_due_again", condition=models.Q(state="later")),
        ]

    def __str__(self) -> str:
        return self.name


class Message(models.Model):
    """One turn: heard (mention), said (delivery) or kept between colleagues (note)."""

    class Way(models.TextChoices):
        IN = "in"
        OUT = "out"
        NOTE = "note"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="messages")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    way = models.CharField(max_length=4, choices=Way.choices)
    mention = models.OneToOneField(Mention, null=True, blank=True, on_delete=models.CASCADE)
    delivery = models.OneToOneField(Delivery, null=True, blank=True, on_delete=models.CASCADE)
    member = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL)
    text = models.TextField(blank=True)
    told = models.ManyToManyField(Member, blank=True, related_name="told_in")
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["conversation", "at", "id"], name="message_in_order")]


class Presence(models.Model):
    """Which colleague has this conversation before their eyes, or is writing."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="presences")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="presences")
    member = models.ForeignKey(Member, on_delete=models.CASCADE)
    is_writing = models.BooleanField(default=False)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "member"], name="one_presence_per_member")
        ]


class Change(models.Model):
    """Something a screen must redraw; the row's id is the mark a browser has reached."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="changes")
    conversation_id_seen = models.BigIntegerField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["firm", "id"], name="change_by_firm")]
