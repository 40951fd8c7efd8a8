"""Registers the room firm with Django."""

from django.apps import AppConfig


class Firm(AppConfig):
    name = "parvis.firm"
    label = "firm"
