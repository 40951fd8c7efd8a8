"""Registers the room routing with Django."""

from django.apps import AppConfig


class Routing(AppConfig):
    name = "parvis.routing"
    label = "routing"
