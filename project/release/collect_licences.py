"""Write docs/licences.md, and with --sbom FILE a bill of materials (CycloneDX 1.6, JSON).

python project/release/collect_licences.py [--sbom FILE]

Looks at the environment that it is run in: install all extras first (`make .venv/dev`). The
package cyclonedx-bom lists the distributions; weights are added with their hashes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
HOME = ROOT / "src" / "mien"
PAGE = ROOT / "docs" / "licences.md"
SHIPPED = ("", "tables", "train", "serve", "postgres", "client", "scale", "openvino", "opensmile")
SHIPPED += ("coding",)
OWN = {
    "inference/bundles/default": (
        "CC-BY-NC-SA-4.0",
        "trained here, the face on FER2013 and FER+, the voice on RAVDESS, EMO-DB, Java-SED, nEMO "
        "and ASED, on the first blocks of Whisper base (MIT, OpenAI); see the model card",
    ),
    "core/assets": (
        "Apache-2.0",
        "made here from a NASA portrait (public domain) and synthetic speech",
    ),
}
"""Weights and media that were made here: (licence, from what)."""
SPELT = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
    "Python Software Foundation License": "PSF-2.0",
}
MISSTATED = {"opensmile": "audEERING Research License: no products (the classifier says MIT)"}
"""Licences of packages whose metadata say another than the text that they bring."""
IN_A_FILE = {"pympi-ling": "MIT"}
"""Of those whose metadata name none but which have a file LICENSE."""


@dataclass(frozen=True)
class Package:
    """A distribution of others, and the extra that first brings it ("" for all users)."""

    name: str
    version: str
    licence: str
    extra: str


@dataclass(frozen=True)
class File:
    """A file that ships with mien and has a licence of its own."""

    path: Path
    licence: str
    origin: str

    @property
    def own(self) -> bool:
        """Whether it was made here; its hash then changes with every training."""
        return self.path.relative_to(HOME).parent.as_posix() in OWN

    @property
    def sha256(self) -> str:
        """Of its bytes."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    @property
    def name(self) -> str:
        """Below src/mien."""
        return self.path.relative_to(HOME).as_posix()


def main() -> None:
    """Write the page; the bill of materials where it is asked for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sbom", type=Path)
    given = parser.parse_args()
    packages, missing = closure()
    PAGE.write_text("\n".join(page(packages, files())), "utf-8")
    print(f"wrote {PAGE.relative_to(ROOT)}: {len(packages)} packages, {len(files())} files")
    if missing:
        print(f"not installed here, and so not listed: {', '.join(sorted(missing))}")
    unclear = [one.name for one in packages if one.licence == "not said"]
    if unclear:
        raise SystemExit(f"no licence said by: {', '.join(unclear)}")
    if given.sbom:
        bill(given.sbom, [one.name for one in packages])


def closure() -> tuple[list[Package], set[str]]:
    """All distributions that mien and its extras need, and those that are not installed."""
    found: dict[str, Package] = {}
    missing: set[str] = set()
    for extra in SHIPPED:
        left = list(_needs(distribution("mien"), {extra}))
        while left:
            name, extras = left.pop()
            if name in found or name in missing:
                continue
            try:
                dist = distribution(name)
            except PackageNotFoundError:
                missing.add(name)
                continue
            found[name] = Package(name, dist.version.partition("+")[0], licence(dist), extra)
            left += _needs(dist, extras | {""})
    return sorted(found.values(), key=lambda one: one.name), missing


def _needs(dist: Distribution, extras: set[str]) -> Iterator[tuple[str, set[str]]]:
    for line in dist.requires or ():
        need = Requirement(line)
        marker = need.marker
        if marker is None and "" not in extras:
            continue
        if marker is None or any(marker.evaluate({"extra": extra}) for extra in extras):
            yield re.sub(r"[-_.]+", "-", need.name).lower(), set(need.extras)


def licence(dist: Distribution) -> str:
    """As the distribution says it: the SPDX expression, else classifiers, else the field."""
    if dist.name in MISSTATED:
        return MISSTATED[dist.name]
    said = dist.metadata.get("License-Expression")
    if said:
        return said
    classes = dist.metadata.get_all("Classifier") or []
    named = [one.rpartition(" :: ")[2] for one in classes if one.startswith("License :: ")]
    named = [SPELT.get(one, one) for one in named if one != "OSI Approved"]
    if named:
        return ", ".join(named)
    field = (dist.metadata.get("License") or "").strip().splitlines()
    if not field:
        return IN_A_FILE.get(dist.name, "not said")
    return SPELT.get(field[0], field[0][:60])


def files() -> list[File]:
    """Weights and media in the package, with the licences that their folders say."""
    found = []
    for table in sorted(HOME.rglob("SOURCES.md")):
        rows = re.findall(r"^\| (`.+?) \| (.+?) \| (.+?) \|$", table.read_text("utf-8"), re.M)
        for names, origin, said in rows:
            for name in re.findall(r"`([^`]+)`", names):
                found.append(File(table.parent / name, said, origin))
    for folder, (said, origin) in OWN.items():
        for path in sorted((HOME / folder).iterdir()):
            if path.suffix in (".onnx", ".mp4"):
                found.append(File(path, said, origin))
    return found


def decoders() -> list[tuple[str, str, str]]:
    """(library, version, licence) of what FFmpeg in the package `av` says of itself."""
    from av._core import library_meta

    return [
        (name, ".".join(map(str, one["version"])), one["license"])
        for name, one in sorted(library_meta.items())
    ]


def page(packages: list[Package], weights: list[File]) -> Iterator[str]:
    """The lines of docs/licences.md."""
    yield "# Licences"
    yield ""
    program = "project/release/collect_licences.py"
    yield f"Written by `python {program}` from what is installed; do not edit."
    yield "mien's own code is under Apache-2.0. Nothing below is copied into it but the files."
    yield ""
    yield "## Files in the package with a licence of their own"
    yield ""
    yield "| file | licence | from | SHA-256 |"
    yield "|---|---|---|---|"
    for one in weights:
        digest = "in the bill of materials" if one.own else f"`{one.sha256}`"
        yield f"| `{one.name}` | {one.licence} | {one.origin} | {digest} |"
    yield ""
    yield "## Packages that are installed with mien"
    yield ""
    yield from _table([one for one in packages if one.extra == ""])
    yield ""
    yield "The package `av` brings FFmpeg, which says of itself:"
    yield ""
    yield "| library | version | licence |"
    yield "|---|---|---|"
    for name, version, said in decoders():
        yield f"| {name} | {version} | {said} |"
    for extra in SHIPPED[1:]:
        mine = [one for one in packages if one.extra == extra]
        if mine:
            yield ""
            yield f"## Further ones of the extra `{extra}`"
            yield ""
            yield from _table(mine)
    yield ""


def _table(packages: list[Package]) -> Iterator[str]:
    yield "| package | version | licence |"
    yield "|---|---|---|"
    for one in packages:
        yield f"| {one.name} | {one.version} | {one.licence} |"


def bill(target: Path, names: list[str]) -> None:
    """Write the bill of materials of the distributions in `names` and the files, and check it."""
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    command = [sys.executable, "-m", "cyclonedx_py", "environment", "--output-reproducible"]
    command += ["--pyproject", str(ROOT / "pyproject.toml"), "--sv", "1.6", "--of", "JSON"]
    made = subprocess.run(command, check=True, capture_output=True, text=True)
    table = json.loads(made.stdout)
    kept = [one for one in table["components"] if _normal(one["name"]) in names]
    refs = {one["bom-ref"] for one in kept} | {table["metadata"]["component"]["bom-ref"]}
    table["components"] = kept + [_component(one) for one in files()]
    table["dependencies"] = [
        {**one, "dependsOn": [ref for ref in one.get("dependsOn", []) if ref in refs]}
        for one in table.get("dependencies", [])
        if one["ref"] in refs
    ]
    text = json.dumps(table, indent=1, sort_keys=True) + "\n"
    wrong = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if wrong:
        raise SystemExit(f"{target}: not CycloneDX 1.6: {wrong}")
    target.write_text(text, "utf-8")
    print(f"wrote {target}: {len(table['components'])} components, valid CycloneDX 1.6")


def _normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def _component(one: File) -> dict[str, object]:
    return {
        "type": "machine-learning-model" if one.path.suffix == ".onnx" else "data",
        "bom-ref": one.name,
        "name": one.name,
        "description": one.origin,
        "hashes": [{"alg": "SHA-256", "content": one.sha256}],
        "licenses": [{"license": {"name": one.licence}}],
    }


if __name__ == "__main__":
    main()
