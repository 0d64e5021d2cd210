"""A client of the service: `Client`. Needs the extra `[client]`."""

from mien.client.service import Client

__all__ = ["Client"]
