"""Which proxy a service is asked through: as the environment says, but never for this machine."""

from __future__ import annotations

import ipaddress
import os
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.request import getproxies, proxy_bypass

from mien.errors import UsageError

if TYPE_CHECKING:
    import httpx

__all__ = ["Proxy", "proxied", "proxy_for"]

_HERE = frozenset({"localhost", "localhost.localdomain", "ip6-localhost", "ip6-loopback"})


@dataclass(frozen=True)
class Proxy:
    """One proxy.

    Args:
        url: with user and password, if it wants them.
        origin: the variable that names it.
    """

    url: str
    origin: str

    def __str__(self) -> str:
        """Its address without user and password, and where that comes from."""
        scheme, _, rest = self.url.partition("://")
        return f"{scheme}://{rest.rpartition('@')[2].rstrip('/')} ({self.origin})"


def proxy_for(scheme: str, host: str) -> Proxy | None:
    """The proxy for a host, of `HTTP_PROXY`, `HTTPS_PROXY` or `ALL_PROXY`, or of the system.

    None for a loopback address and for what `NO_PROXY` has: names with those below them, addresses,
    and networks such as 10.0.0.0/8.

    Args:
        scheme: "http" or "https".
        host: a name or an address, without brackets.
    """
    if _is_here(host) or proxy_bypass(host) or _in_network(host):
        return None
    known = getproxies()
    for name in (scheme, "all"):
        if url := known.get(name, "").strip():
            url = url if "://" in url else f"http://{url}"
            url = url.replace("socks://", "socks5://", 1)  # as desktops write it
            spelt = (f"{name}_proxy", f"{name}_proxy".upper())
            origin = next((n for n in spelt if n in os.environ), "the system's settings")
            return Proxy(url, origin)
    return None


def proxied(lib: type[httpx.HTTPTransport], proxy: Proxy | None) -> httpx.HTTPTransport:
    """Connections through a proxy; None is straight ahead.

    Raises:
        UsageError: the proxy cannot be used, or a package for it is not installed.
    """
    if proxy is None:
        return lib()
    around = "or name the service's host in NO_PROXY"
    try:
        return lib(proxy=proxy.url)
    except ImportError:
        raise UsageError(
            f"proxy {proxy}: needs the package 'socksio': pip install 'httpx[socks]', {around}"
        ) from None
    except Exception as error:  # httpx.InvalidURL is derived from nothing else
        text = f"cannot be used; it must be as in http://127.0.0.1:3128, {around}"
        raise UsageError(f"proxy {proxy}: {text}") from error


def _is_here(host: str) -> bool:
    """Whether a host is this machine itself; no name is looked up."""
    name = host.lower().rstrip(".")
    if name in _HERE or name.endswith(".localhost") or name == socket.gethostname().lower():
        return True
    address = _address(name)
    return address is not None and (address.is_loopback or address.is_unspecified)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address in any spelling that connections take, such as 127.1; None for a name."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        try:
            return ipaddress.IPv4Address(socket.inet_aton(host))
        except OSError:
            return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _in_network(host: str) -> bool:
    address = _address(host)
    if address is None:
        return False
    for entry in getproxies().get("no", "").split(","):
        try:
            if address in ipaddress.ip_network(entry.strip().strip("[]"), strict=False):
                return True
        except ValueError:
            continue
    return False
