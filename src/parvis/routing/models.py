"""What each member answers well, and who was asked; ranking itself is pure (`rank`)."""

from typing import ClassVar

from django.db import models
from django.utils import timezone

from parvis.conversations.models import Conversation
from parvis.firm.models import Firm, Member


class Expertise(models.Model):
    """One thing a member said or showed that they answer well."""

    class Kind(models.TextChoices):
        TOPIC = "topic"
        SAMPLE = "sample"
        EXAMPLE = "example"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="expertises")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="expertises")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    text = models.TextField()
    weight = models.FloatField(default=1.0)
    conversation = models.ForeignKey(Conversation, null=True, blank=True, on_delete=models.SET_NULL)
    vector = models.BinaryField(default=b"")
    encoder = models.CharField(max_length=60, blank=True)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["firm", "member"], name="expertise_by_member")]


class Assignment(models.Model):
    """A proposal or a hand-over, and what became of it. Shown rows correct for exposure."""

    class State(models.TextChoices):
        SHOWN = "shown"
        HELD = "held"
        PASSED = "passed"
        DONE = "done"

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="assignments")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="assignments")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="assignments")
    given_by = models.ForeignKey(Member, null=True, blank=True, on_delete=models.SET_NULL, related_name="given")
    state = models.CharField(max_length=6, choices=State.choices)
    place = models.PositiveSmallIntegerField(default=0)
    score = models.FloatField(default=0.0)
    reason_kind = models.CharField(max_length=10, blank=True)
    reason = models.CharField(max_length=300, blank=True)
    reason_count = models.PositiveIntegerField(default=0)
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["conversation", "member"], name="one_assignment_per_member")
        ]
