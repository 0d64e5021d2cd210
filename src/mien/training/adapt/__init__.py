"""A bundle that knows a kind of material better, from ten to a few hundred labelled clips of it.

    from mien.training.adapt import adapt

    made = adapt("labels.csv", "my-bundle")
    print(made.gain.points, made.gain.interval, made.out)

Nothing here needs torch: the networks stay as they are.
"""

from __future__ import annotations

from mien.training.adapt.adapt import Adaptation, adapt
from mien.training.adapt.choice import LeftOut, Step
from mien.training.adapt.gain import Gain
from mien.training.adapt.report import write_adaptation

__all__ = ["Adaptation", "Gain", "LeftOut", "Step", "adapt", "write_adaptation"]
