"""The list of networks: a name, and the dotted path imported on first use.

Others' packages add theirs by the entry-point group `parvis.networks`.
"""

from functools import cache
from importlib import import_module
from importlib.metadata import entry_points

from parvis.wire.contract import Network

BUILT_IN = {
    "bluesky": "parvis.networks.bluesky:Bluesky",
    "mastodon": "parvis.networks.mastodon:Mastodon",
    "feeds": "parvis.networks.feeds:Feeds",
    "links": "parvis.networks.links:Links",
    "counter": "parvis.networks.counter:Counter",
}
PRACTICE = ("practice-bluesky", "practice-mastodon", "practice-feeds")


class UnknownNetwork(LookupError):
    """No network has that name here."""


def list_names() -> list[str]:
    return [*BUILT_IN, *sorted(entry.name for entry in entry_points(group="parvis.networks"))]


@cache
def get_network(name: str) -> Network:
    """The network of that name, made once; `UnknownNetwork` when there is none."""
    path = "parvis.networks.practice:Practice" if name in PRACTICE else BUILT_IN.get(name)
    if path is None:
        for entry in entry_points(group="parvis.networks"):
            if entry.name == name:
                network: Network = entry.load()()
                return network
        raise UnknownNetwork(name)
    module, _, attribute = path.partition(":")
    made: Network = getattr(import_module(module), attribute)()
    return made
