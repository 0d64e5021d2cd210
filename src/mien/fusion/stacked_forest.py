"""Random forest on the branches' probabilities (paper 000, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass

from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["StackedForest"]


@dataclass(frozen=True)
class StackedForest(Fusion):
    """A random forest; the paper gives numbers only for the forest of its audio branch.

    Args:
        trees: as in the audio branch.
        split: fewest clips in a node that is split, as there.
        balanced: weigh clips by the inverse of the size of their class.
    """

    trees: int = 500
    split: int = 28
    balanced: bool = False

    def _fitted(self, data: Given) -> Fused:
        from sklearn.ensemble import RandomForestClassifier

        from mien.fusion.fit_stacked import fit_stacked

        forest = RandomForestClassifier(
            self.trees,
            min_samples_split=self.split,
            class_weight="balanced" if self.balanced else None,
            random_state=data.seed,
        )
        return fit_stacked(forest, data)
