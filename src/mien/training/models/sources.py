"""The public releases of weights that `--init NAME=FILE` knows. No torch here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from mien.errors import UsageError
from mien.training.models.preparation import (
    BN_INCEPTION,
    HSE_FACE,
    IMAGENET,
    SPORTS_1M,
    VGG_FACE,
    VGGFACE2,
    Preparation,
)

__all__ = ["SOURCES", "Names", "Source", "find", "parse"]

Names = Mapping[str, str]  # a module's name in the file -> its name here


@dataclass(frozen=True)
class Source:
    """One public release of weights.

    Args:
        title: what it is, for messages.
        network: how to build what it fits, for messages.
        file: its usual name.
        origin: where it usually comes from.
        preparation: of the pictures it was trained on.
        last: name of the class layer.
        classes: how many it has in the releases.
        layouts: besides the network's own names, how the modules are called in its releases.
        fresh: further layers of the network that the release does not have.
        caffe: it fits Caffe's form of the network (`mien.training.recipes.networks.Resnet`).
        ships: the weights are in the package and need no file.
    """

    title: str
    network: str
    file: str
    origin: str
    preparation: Preparation
    last: str
    classes: tuple[int, ...]
    layouts: tuple[Names, ...] = ()
    fresh: tuple[str, ...] = ()
    caffe: bool = False
    ships: bool = False


def _vgg_caffe(counts: tuple[int, ...]) -> dict[str, str]:
    """Oxford's names (conv1_1 ... fc8) -> torchvision's, without batch norms."""
    names, index = {}, 0
    for block, count in enumerate(counts, 1):
        for number in range(1, count + 1):
            names[f"conv{block}_{number}"] = f"features.{index}"
            index += 2  # the convolution and its ReLU
        index += 1  # the pool
    return names | {"fc6": "classifier.0", "fc7": "classifier.3", "fc8": "classifier.6"}


# The port of C3D from Caffe whose layers are numbered, as
# github.com/jfzhang95/pytorch-video-recognition reads it.
_C3D_NUMBERED = {
    "features.0": "conv1",
    "features.3": "conv2",
    "features.6": "conv3a",
    "features.8": "conv3b",
    "features.11": "conv4a",
    "features.13": "conv4b",
    "features.16": "conv5a",
    "features.18": "conv5b",
    "classifier.0": "fc6",
    "classifier.3": "fc7",
    "classifier.6": "fc8",
}

# Its own Caffe's names, as the prototxt of github.com/facebookarchive/C3D has them.
_C3D_CAFFE = {
    "conv1a": "conv1",
    "conv2a": "conv2",
    "fc6-1": "fc6",
    "fc7-1": "fc7",
    "fc8-1": "fc8",
}

SOURCES: dict[str, Source] = {
    "vgg_face": Source(
        "VGG-Face (2,622 people)",
        "VGG-16",
        "vgg_face_dag.pth, VGG_FACE.caffemodel or vgg-face.mat",
        "https://www.robots.ox.ac.uk/~albanie/pytorch-models.html",
        VGG_FACE,
        "classifier.6",
        (2622,),
        (_vgg_caffe((2, 2, 3, 3, 3)),),
    ),
    "vgg_face2": Source(
        "VGG-16 on VGGFace2 (8,631 people)",
        "VGG-16",
        "a file of yours",
        "whoever trained it: none is public",
        VGG_FACE,
        "classifier.6",
        (8631,),
        (_vgg_caffe((2, 2, 3, 3, 3)),),
    ),
    "vgg16": Source(
        "VGG-16 on ImageNet",
        "VGG-16",
        "vgg16-397923af.pth",
        "https://download.pytorch.org/models",
        IMAGENET,
        "classifier.6",
        (1000,),
    ),
    "vgg19": Source(
        "VGG-19 on ImageNet",
        "VGG-19",
        "vgg19-dcbb9e9d.pth",
        "https://download.pytorch.org/models",
        IMAGENET,
        "classifier.6",
        (1000,),
    ),
    "resnet50": Source(
        "ResNet-50 on ImageNet",
        "ResNet-50",
        "resnet50-0676ba61.pth",
        "https://download.pytorch.org/models",
        IMAGENET,
        "fc",
        (1000,),
        fresh=("hidden",),
    ),
    "vggface2_resnet50": Source(
        "ResNet-50 on VGGFace2 (8,631 people)",
        "ResNet-50",
        "resnet50_ft_weight.pkl or resnet50_scratch_weight.pkl",
        "https://github.com/cydonia999/VGGFace2-pytorch",
        VGGFACE2,
        "fc",
        (8631,),
        fresh=("hidden",),
        caffe=True,
    ),
    "c3d": Source(
        "C3D on Sports-1M",
        "C3D",
        "c3d.pickle, c3d-pretrained.pth or conv3d_deepnetA_sport1m.caffemodel",
        "https://github.com/DavideA/c3d-pytorch",
        SPORTS_1M,
        "fc8",
        (487, 101),  # Sports-1M; UCF-101, which the numbered port went on to
        (_C3D_NUMBERED, _C3D_CAFFE),
    ),
    "bn_inception": Source(
        "BN-Inception on ImageNet",
        "BN-Inception",
        "bn_inception-239d2248.pth (or -52deb4733, -9f5701afb96c8044), bn_inception.caffemodel",
        "https://github.com/Cadene/pretrained-models.pytorch",
        BN_INCEPTION,
        "last_linear",
        (1000,),
        ({"fc": "last_linear"}, {"fc_action": "last_linear"}, {"fc-action": "last_linear"}),
    ),
    "resnet20": Source(
        "ResNet-20 on CIFAR-10",
        "ResNet-20",
        "resnet20-12fca82f.th",
        "https://github.com/akamaster/pytorch_resnet_cifar10",
        IMAGENET,
        "linear",
        (10,),
    ),
    "mobile_face": Source(
        "MobileNet v1 on VGGFace2",
        "MobileNet v1",
        "none: mien has it",
        "https://github.com/HSE-asavchenko/HSE_FaceRec_tf",
        HSE_FACE,
        "classifier",
        (),
        ships=True,
    ),
}


def parse(option: str) -> tuple[str, Path]:
    """Split "vgg_face=vgg_face_dag.pth" into the name of a source and the file.

    Raises:
        UsageError: not of this form, an unknown name (with the nearest), or no such file.
    """
    name, equals, file = option.partition("=")
    if not equals or not file:
        raise UsageError(f"--init {option}: write it as NAME=FILE, NAME one of {_known()}")
    source, path = find(name), Path(file)
    if not path.is_file():
        raise UsageError(
            f"--init {option}: no file {path}; expected is {source.file}, "
            f"usually from {source.origin}"
        )
    return name, path


def _known() -> str:
    return ", ".join(SOURCES)


def find(name: str) -> Source:
    """The release of that name.

    Raises:
        UsageError: there is none (with the nearest).
    """
    if name not in SOURCES:
        near = get_close_matches(name, SOURCES, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise UsageError(f"no pre-trained weights called '{name}'; {hint}there are {_known()}")
    return SOURCES[name]
