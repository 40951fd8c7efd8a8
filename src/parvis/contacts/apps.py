"""Registers the room contacts with Django."""

from django.apps import AppConfig


class Contacts(AppConfig):
    name = "parvis.contacts"
    label = "contacts"
