from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from tests.serve.conftest import Running, Serving


def samples(server: Running) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    answer = server.http.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_jobs_bytes_and_requests_are_counted(serving: Serving, beep: bytes) -> None:
    server = serving()
    [job] = server.http.post("/v1/jobs", files={"file": ("x.wav", beep)}).json()["jobs"]
    server.ended(job["id"])
    server.http.get("/v1/jobs/" + "A" * 22)
    server.http.get("/no/such/address")
    server.http.get("/healthz", headers={"Host": "evil.example"})
    server.http.request("MAKEUP", "/healthz")
    seen = samples(server)
    assert seen["mien_jobs_accepted_total", ()] == 1
    assert seen["mien_uploaded_bytes_total", ()] == len(beep)
    assert seen["mien_jobs", (("state", "done"),)] == 1
    assert seen["mien_jobs", (("state", "queued"),)] == 0

    def requests(method: str, route: str, status: int) -> float:
        labels = (("method", method), ("route", route), ("status", str(status)))
        return seen.get(("mien_http_request_seconds_count", labels), 0)

    assert requests("POST", "/v1/jobs", 202) == 1
    assert requests("GET", "/v1/jobs/{id}", 200) >= 1
    assert requests("GET", "/v1/jobs/{id}", 404) == 1
    assert requests("GET", "none", 404) == 1
    assert requests("GET", "none", 421) == 1
    assert requests("other", "/healthz", 405) + requests("other", "none", 405) == 1
    assert not any(job["id"] in str(key) for key in seen)
    assert seen["process_resident_memory_bytes", ()] > 0
