"""Registers the room intake with Django."""

from django.apps import AppConfig


class Intake(AppConfig):
    name = "parvis.intake"
    label = "intake"
