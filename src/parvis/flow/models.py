"""The worker's own mark: when it last beat."""

from django.db import models


class Beat(models.Model):
    """One row a worker: its last beat, shown by /healthz and doctor."""

    worker = models.CharField(max_length=80, primary_key=True)
    at = models.DateTimeField()
