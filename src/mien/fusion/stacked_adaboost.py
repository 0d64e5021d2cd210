"""AdaBoost on the branches' probabilities (paper 000, 4.4)."""

from __future__ import annotations

from dataclasses import dataclass

from mien.fusion.fuser import Fused, Fusion, Given

__all__ = ["StackedAdaBoost"]


@dataclass(frozen=True)
class StackedAdaBoost(Fusion):
    """AdaBoost on small trees; the paper gives no numbers.

    Args:
        rounds: trees.
        rate: shrinks the weight of each.
        depth: of a tree; one of depth 1 can name two classes only.
    """

    rounds: int = 200
    rate: float = 0.5
    depth: int = 2

    def _fitted(self, data: Given) -> Fused:
        from sklearn.ensemble import AdaBoostClassifier
        from sklearn.tree import DecisionTreeClassifier

        from mien.fusion.fit_stacked import fit_stacked

        boost = AdaBoostClassifier(
            DecisionTreeClassifier(max_depth=self.depth),
            n_estimators=self.rounds,
            learning_rate=self.rate,
            random_state=data.seed,
        )
        return fit_stacked(boost, data)
