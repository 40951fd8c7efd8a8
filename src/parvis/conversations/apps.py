"""Registers the room conversations with Django."""

from django.apps import AppConfig


class Conversations(AppConfig):
    name = "parvis.conversations"
    label = "conversations"
