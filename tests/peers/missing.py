"""What a test is told when a real server cannot be had here."""


class MissingPeer(Exception):
    """The peer is absent; the text says what is missing and how to get it."""
