"""Registers the room desk with Django."""

from django.apps import AppConfig


class Desk(AppConfig):
    name = "parvis.desk"
    label = "desk"
