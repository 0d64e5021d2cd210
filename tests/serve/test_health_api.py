from __future__ import annotations

import mien
from mien.output.report.palette import colours
from mien.serve.uploads import FILES
from tests.serve.conftest import Running, Serving
from tests.serve.talk import problem, until


def test_it_is_alive_and_ready(server: Running) -> None:
    assert server.http.get("/healthz").json() == {"status": "ok"}
    until(lambda: server.http.get("/readyz").status_code == 200)
    assert server.http.get("/readyz").json() == {"status": "ok"}


def test_it_is_not_ready_without_its_database(serving: Serving) -> None:
    server = serving()
    server.service.store.close()
    (server.settings.data / "mien.db").unlink()
    (server.settings.data / "mien.db").mkdir()
    for path in ("/readyz", "/v1/jobs"):
        answer = server.http.get(path)
        problem(answer, 503, "no-database")
        assert "Retry-After" in answer.headers
    assert server.http.get("/healthz").status_code == 200
    (server.settings.data / "mien.db").rmdir()


def test_info_says_what_a_client_has_to_know(server: Running) -> None:
    info = server.http.get("/v1/info").json()
    bundle = mien.load()
    assert info["version"] == mien.__version__
    assert info["model"] == {"name": bundle.spec.name, "sha256": bundle.sha256}
    assert info["labels"] == list(bundle.labels.names)
    assert info["colours"] == dict(colours(bundle.labels.names))
    assert info["branches"] == list(bundle.spec.branches)
    assert info["modalities"] == {"face": "face", "voice": "voice"}
    assert info["limits"]["upload_bytes"] == server.settings.limits.upload_bytes
    assert info["limits"]["files"] == FILES
    assert info["key_needed"] is False


def test_info_says_that_a_key_is_needed(serving: Serving) -> None:
    server = serving(keys=("0123456789abcdef",))
    assert server.http.get("/v1/info").json()["key_needed"] is True
