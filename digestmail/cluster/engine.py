"""The queue for the engine's own command line.

``procrastinate --app digestmail.cluster.engine.app`` opens it.

It reads the settings that every command reads: DIGESTMAIL_CONFIG, or ./digestmail.toml.
"""

from digestmail.app import App
from digestmail.cluster.queue import JobQueue
from digestmail.config import load

app = JobQueue(App.open(load())).procrastinate
