"""Paper 003 to the letter: one network of all parts, trained at once (section 3.3, figure 7).

Frames go through ResNet-20 and a three-layer LSTM, sound through its discriminants and three dense
layers; both feature vectors, side by side, go through "three more sequences of dense layers" with
ReLU and dropout to the classes, and one cross-entropy trains everything, also the ResNet. With "20
epochs of stochastic gradient descent using batch sizes of 16", at rates "sampled from a uniform
distribution between 1e-6 to 1e-8, the loss function was not showing any sign of converging", and
Adam "also failed". `RECIPE` has the middle of those rates, and fails likewise: `FIXED` is the same
network with what is mended in `resnet_lstm_fixed`, and converges.

Each part also learns to answer by itself, by a layer that sends nothing back to it.
"""

from __future__ import annotations

from dataclasses import replace

from mien.fusion.concat_mlp import ConcatMlp
from mien.training.recipes import resnet_lstm
from mien.training.recipes.declaration import Joined

PARTS = ("frames_lstm", "audio")

RECIPE = replace(
    resnet_lstm.RECIPE,
    name="resnet_lstm_joint",
    summary="paper 003 as one network, ResNet-20, LSTM and sound trained at once; as printed",
    fusions={"joint": Joined(ConcatMlp(training=resnet_lstm.PRINTED, together=True), PARTS)},
)

FIXED = replace(
    resnet_lstm.FIXED,
    name="resnet_lstm_joint",
    summary="paper 003 as one network, with rates that train, scaled rows and components",
    fusions={"joint": Joined(ConcatMlp(training=resnet_lstm.MENDED, together=True), PARTS)},
)
