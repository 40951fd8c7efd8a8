"""Registers the room channels with Django."""

from django.apps import AppConfig


class Channels(AppConfig):
    name = "parvis.channels"
    label = "channels"
