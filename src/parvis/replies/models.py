"""Unsent words, kept at each change."""

from typing import ClassVar

from django.db import models

from parvis.conversations.models import Conversation
from parvis.firm.models import Firm, Member


class Draft(models.Model):
    """What a member is writing to a person, saved on the server."""

    firm = models.ForeignKey(Firm, on_delete=models.CASCADE, related_name="drafts")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="drafts")
    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="drafts")
    text = models.TextField(blank=True)
    saved_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["conversation", "member"], name="one_draft_each")]
