"""What was done for each paper and what differs, in a few sentences each."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["ABOUT", "About"]


@dataclass(frozen=True)
class About:
    """One paper.

    Args:
        title: number of the paper, authors, what it is.
        done: what mien does of it.
        differs: where it departs from the paper.
    """

    title: str
    done: str
    differs: tuple[str, ...]


ABOUT: dict[str, About] = {
    "cnn_rnn": About(
        "000: CNN-RNN fusion (Sun et al., EmotiW 2016)",
        "VGG-16 on faces, a BLSTM of 1,024 units on its fc6 over 64 time steps, C3D on windows of "
        "16 faces, a random forest and an SVC on eGeMAPS, joined by average, highest confidence, "
        "SVM, random forest and AdaBoost.",
        (
            "The paper says nothing of faces; they are detected, followed and aligned by mien.",
            "Fusions learn from out-of-fold scores; the paper does not say from which.",
            "C = 2.7e-6 works only on raw features, as the recipe has them; `cnn_rnn_fixed` "
            "standardises, and drops 15 % of the BLSTM's states where the paper writes 0.85.",
        ),
    ),
    "hybrid": About(
        "001: audio-visual hybrid network (Ouyang et al., EmotiW 2017)",
        "Two VGG-16s with an LSTM of 128 end to end, on faces aligned in two ways, 16 of them "
        "8/60 s apart; an SVM on 1,582 functionals, an LSTM on 34 short-term features, and an "
        "Inception with an LSTM on 34 x 34 maps of them, with weights from a grid.",
        (
            "Corners of the eyes are estimated from their centres.",
            "The second VGG-LSTM sees the organisers' faces where the corpus has them, else mien's "
            "five-point alignment.",
            "Weights of the fusion are chosen on held-out scores, not on the reported clips.",
        ),
    ),
    "temporal": About(
        "002: temporal multimodal fusion (Vielzeuf, Pateux & Jurie, EmotiW 2017)",
        "VGG-16 with an LSTM over all frames, C3D that learns most from the windows of least loss "
        "with an LSTM over them, a perceptron on 1,582 functionals; descriptors of 297, 304 and "
        "279 joined by ModDrop, score trees and five simpler ways.",
        (
            "Windows are weighted by their loss; the printed sign does the opposite (ablation).",
            "Their face detector and their 380 clips from films are not public.",
            "gamma of ModDrop and T of the windows have schedules of ours.",
        ),
    ),
    "resnet_lstm": About(
        "003: ResNet-20, three-layer LSTM and an audio net (student project)",
        "The paper's training did not converge and it has no numbers. `resnet_lstm` keeps its "
        "learning rate, so that the loss stays near ln 7; `resnet_lstm_fixed` trains. So do "
        "`resnet_lstm_joint` and `resnet_lstm_joint_fixed`, which are one network.",
        (
            "The map of the ResNet is averaged; without, an LSTM needs 10^8 weights for 100 units.",
            "Discriminants to 512 dimensions do not exist: six are taken, or, in the mended form, "
            "principal components.",
            "Widths of LSTM and dense layers are ours; the paper has none.",
            "The fusion has a rate that trains also in the literal recipe.",
            "In `resnet_lstm` frames, LSTM, sound and the joint layers are fitted one after the "
            "other; `resnet_lstm_joint` is the paper's one network, trained at once.",
        ),
    ),
    "msff": About(
        "004: multiple spatio-temporal feature fusion (Lu et al., EmotiW 2018)",
        "VGG-16 and ResNet-50 on faces with BLSTMs of 2 x 256 over eight segments, C3D, VGG-19 "
        "with a BLSTM on spectrograms of speech, openSMILE 384 with an SVM, weighted by a grid.",
        (
            "Only fully connected layers learn, which is of use only behind public weights; with "
            "narrow encoders from FER2013 the frozen part is what that training gave.",
            "ResNet-50 has no layer of 4,096; its pool of 2,048 is read.",
            "A lower sample rate leaves pitch and duration as they are. No weights of VGG-Face2 "
            "are public; `msff_all` takes yours.",
            "C3D keeps the paper's rate of 0.01 (`--set c3d.model.schooling.fit.rate=0.01`): at "
            "0.03, where `--size small` puts it, it answers one class for every clip.",
        ),
    ),
}
"""{recipe: its paper}."""
