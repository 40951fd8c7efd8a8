"""Parvis: a self-hosted social desk for small firms."""

__version__ = "0.1.0"
