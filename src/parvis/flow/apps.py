"""Registers the room flow with Django."""

from django.apps import AppConfig


class Flow(AppConfig):
    name = "parvis.flow"
    label = "flow"
