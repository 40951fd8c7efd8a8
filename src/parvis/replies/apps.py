"""Registers the room replies with Django."""

from django.apps import AppConfig


class Replies(AppConfig):
    name = "parvis.replies"
    label = "replies"
