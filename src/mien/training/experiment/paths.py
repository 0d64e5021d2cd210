"""What all fits of a run share: where they are kept, and what each of them depends on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from pathlib import Path

from mien.fusion.concat_mlp import ConcatMlp
from mien.fusion.network_fusion import NetworkFusion
from mien.training.experiment.inputs import Origin, classes_of, contents_of, origin_of
from mien.training.experiment.plan import FitJob
from mien.training.recipes.declaration import Recipe, to_plain

__all__ = ["ExperimentPaths"]


@dataclass(frozen=True)
class ExperimentPaths:
    """What all units of a run share; small enough to travel to other processes.

    Args:
        recipe: with all numbers settled.
        manifest: path of the manifest.
        store: folder of the feature store.
        run: folder of the run.
        threads: of one fit.
    """

    recipe: Recipe
    manifest: Path
    store: Path
    run: Path
    threads: int = 1

    def folder(self, unit: FitJob) -> Path:
        """Where a unit keeps its log, state, weights and scores."""
        return self.run / "fits" / unit.name

    def key(self, unit: FitJob) -> str:
        """Changes whenever the unit has to be fitted again: with its numbers, clips or features."""
        branch = to_plain(self.recipe.branches[unit.branch])
        below, lead = self.below(unit), self.lead(unit)
        branch |= {"base": self.key(below) if below else "", "describe": self.describes(unit)}
        if lead is not None:
            branch |= {"one": self._network(lead) if lead == unit else self.key(lead)}
        origin = self.origin(unit.branch)
        clips = contents_of(origin)
        parts = [[clips[index] for index in indices] for indices in (unit.train, unit.test)]
        content = [branch, unit.seed, *parts, classes_of(origin)]
        return hashlib.sha256(json.dumps(content, default=str).encode()).hexdigest()

    def below(self, unit: FitJob) -> FitJob | None:
        """The unit whose encoder this one builds on."""
        base = self.recipe.base(unit.branch)
        return replace(unit, branch=base) if base else None

    def lead(self, unit: FitJob) -> FitJob | None:
        """The unit that fits the network which this one is part of; it may be this one."""
        name = self.recipe.lead(unit.branch)
        return replace(unit, branch=name, like="") if name else None

    def _network(self, lead: FitJob) -> list[object]:
        """All that the fit of one network depends on besides its first branch."""
        name, members = self.network(lead.branch)
        parts: list[object] = [to_plain(self.recipe.fusions[name])]
        for branch in members:
            clips = contents_of(self.origin(branch))
            parts += [to_plain(self.recipe.branches[branch]), [clips[i] for i in lead.train]]
        return parts

    def network(self, lead: str) -> tuple[str, tuple[str, ...]]:
        """The fusion that is one network with its branches, and those, by the first of them."""
        together = self.recipe.together
        return next((f, members) for f, members in together.items() if members[0] == lead)

    def describes(self, unit: FitJob) -> bool:
        """Whether descriptors of all its clips are kept, for fusions that go by them.

        Those of networks that were trained apart are not of one space: a fusion sees those of the
        one network that it will be used with, on the clips which that one was trained on.
        """
        fusions = [fusion for fusion, of in self.recipe.joins.values() if unit.branch in of]
        return any(isinstance(fusion, NetworkFusion) for fusion in fusions)

    def origin(self, branch: str) -> Origin:
        """Where the features of a branch come from."""
        return origin_of(self.manifest, self.store, self.recipe.branches[branch])

    def epochs(self, unit: FitJob) -> tuple[int, int]:
        """Epochs done, and to do in all, of a network that is being fitted; others have one."""
        lead, model = self.lead(unit), self.recipe.branches[unit.branch].model
        if lead is not None:
            return self._epochs_together(unit, lead)
        configs = [getattr(model, name, None) for name in ("schooling", "end_to_end")]
        schools = [school for school in configs if school is not None]
        if not schools:
            return 0, 1
        return _epochs_done(self.folder(unit)), sum(
            stage.epochs for s in schools for stage in (s.fit, *s.then)
        )

    def _epochs_together(self, unit: FitJob, lead: FitJob) -> tuple[int, int]:
        if unit != lead:
            return 0, 1
        how = self.recipe.fusions[self.network(unit.branch)[0]].how
        assert isinstance(how, ConcatMlp)
        return _epochs_done(self.folder(unit)), how.training.epochs


def _epochs_done(folder: Path) -> int:
    """Lines of the logs of a fit."""
    return sum(max(0, len(log.read_text().splitlines()) - 1) for log in folder.rglob("log.csv"))
