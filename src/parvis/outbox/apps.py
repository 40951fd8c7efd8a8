"""Registers the room outbox with Django."""

from django.apps import AppConfig


class Outbox(AppConfig):
    name = "parvis.outbox"
    label = "outbox"
