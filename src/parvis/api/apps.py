"""Registers the room api with Django."""

from django.apps import AppConfig


class Api(AppConfig):
    name = "parvis.api"
    label = "api"
