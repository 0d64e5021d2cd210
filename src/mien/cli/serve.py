"""`mien serve`: the page and the service, on this machine."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mien.cli.extras import need
from mien.errors import UsageError

if TYPE_CHECKING:
    from fastapi import FastAPI

    from mien.serve import Settings

__all__ = ["serve"]

_SHORTEST = 16


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; any but this machine's own wants a key.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8571,
    data: Annotated[
        Path, typer.Option(help="Folder for clips, results and jobs, until they are deleted.")
    ] = Path("mien-data"),
    database: Annotated[
        str | None,
        typer.Option(
            envvar="MIEN_DATABASE",
            help="postgresql://user@host/name in place of SQLite in the data folder.",
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="A bundle: its folder, or a name 'mien models' lists.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu, cuda, coreml, directml or openvino.")] = "cpu",
    workers: Annotated[int, typer.Option(help="Clips at a time; 0 is half of the cores.")] = 0,
    threads: Annotated[int, typer.Option(help="Threads of one clip; 0 shares the cores out.")] = 0,
    key_file: Annotated[
        Path | None,
        typer.Option(
            envvar="MIEN_KEY_FILE",
            help="API keys, one a line; $MIEN_KEYS can hold some too, with commas.",
        ),
    ] = None,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(help="A name under which others reach this server; can be repeated."),
    ] = None,
    allow_origin: Annotated[
        list[str] | None,
        typer.Option(help="Another site whose pages may call it, as https://example.org."),
    ] = None,
    keep: Annotated[float, typer.Option(help="Hours that clips and results are kept.")] = 24.0,
    upload: Annotated[float, typer.Option(help="GiB that one request may send.")] = 2.0,
    queue: Annotated[int, typer.Option(help="Clips that may wait.")] = 2000,
    annotate: Annotated[
        Path | None,
        typer.Option(help="Folder of clips, or sheet of 'mien data propose': a page to label it."),
    ] = None,
    labels: Annotated[
        str | None, typer.Option(help="With --annotate: the labels, as in calm,tense,bored.")
    ] = None,
) -> None:
    """Show clips' emotions on a page, and answer programs over HTTP, until Ctrl-C.

    With --annotate, the page takes people's labels instead, one key a label, and writes a CSV for
    each coder to FOLDER/annotations.
    """
    need("serve", "fastapi", "uvicorn", "python_multipart", "sqlalchemy", "websockets")
    need("serve", "prometheus_client")
    from mien.core.runtime import check_device
    from mien.serve import Limits, Settings, create_app
    from mien.serve.server import Server, listen
    from mien.serve.settings import LOOPBACK

    check_device(device)
    cores = os.cpu_count() or 1
    at_once = workers or max(1, cores // 2)
    settings = Settings(
        data=data,
        database=database,
        model=model,
        device=device,
        workers=at_once,
        threads=threads or max(1, min(4, cores // at_once)),
        host=host,
        port=port,
        keys=_keys(key_file),
        hosts=(*LOOPBACK, *_host_names(host), *(allow_host or ())),
        origins=tuple(allow_origin or ()),
        keep_hours=keep,
        limits=Limits(upload_bytes=_bytes(upload), queued=queue),
    )
    with listen(host, port) as listener:
        app = create_app(settings) if annotate is None else _annotation(settings, annotate, labels)
        Server(app, settings, _say).run([listener])
    left = "clips that wait go on at the next start" if annotate is None else "all labels are kept"
    typer.echo(f"mien: ended; {left}")


def _annotation(settings: Settings, place: Path, labels: str | None) -> FastAPI:
    """The application of the page on which people label clips."""
    from mien.cli.annotate import parse_labels
    from mien.labels import EMOTIONS
    from mien.serve.annotate.app import annotation_app

    return annotation_app(settings, place, EMOTIONS if labels is None else parse_labels(labels))


def _say(address: str) -> None:
    typer.echo(f"mien serves at {address} (Ctrl-C ends it)")


def _bytes(gib: float) -> int:
    if not 0 < gib < 2**20:
        raise UsageError(f"--upload {gib:g}: must be more than 0 GiB, and less than a million")
    return int(gib * 2**30)


def _host_names(host: str) -> tuple[str, ...]:
    """The name that an address is called by; the addresses that stand for all have none."""
    if host in ("0.0.0.0", "::"):
        return ()
    return (f"[{host}]" if ":" in host else host,)


def _keys(file: Path | None) -> tuple[str, ...]:
    """All keys; short ones can be guessed."""
    keys = [*os.environ.get("MIEN_KEYS", "").split(",")]
    if file is not None:
        try:
            keys += file.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{file}: cannot be read ({error}); give a file of keys") from None
    stripped = tuple(key.strip() for key in keys if key.strip())
    if file is not None and not stripped:
        raise UsageError(f"{file}: holds no key; put one a line")
    if any(len(key) < _SHORTEST for key in stripped):
        raise UsageError(
            f"a key is shorter than {_SHORTEST} characters; 'openssl rand -hex 24' makes a good one"
        )
    return stripped
