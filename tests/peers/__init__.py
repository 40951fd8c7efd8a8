"""Real servers on loopback for the tests: Bluesky, two Fediverse servers, WordPress, PostgreSQL.

`python -m tests.peers NAME` runs one by hand; the fixtures of `tests.peers.fixtures` use it when it already answers.
"""
