"""Paper 004 with the networks that only submissions 1 and 7 have: VGG-16 and VGG-Face2.

Table 2 lists VGG-16 + BLSTM (submission 1: 48.19 % on the validation clips, 49.46 % on the test
clips), which is VGG-16 as trained on ImageNet, and VGG-Face2 + BLSTM (submission 7: 58.50 % and
60.18 %), "a updating version of VGG-Face with the architecture of VGG-16 pre-trained in the new
face datasets" (3.3). No weights of the second kind are public: `--init vgg_face2=` takes a file of
VGG-16 with the 8,631 people of VGGFace2.
"""

from dataclasses import replace

from mien.fusion.weighted_mean import WeightedMean
from mien.training.recipes.declaration import Branch, Joined
from mien.training.recipes.msff import FACES, STEP, frozen, over_time
from mien.training.recipes.msff import RECIPE as MSFF
from mien.training.recipes.networks import Vgg

_SEVENTH = ("vgg_blstm", "vgg_face2_blstm", "resnet_blstm", "c3d", "vgg19_blstm", "smile")

RECIPE = replace(
    MSFF,
    name="msff_all",
    summary="paper 004 with VGG-16 and VGG-Face2 too, as in submissions 1 and 7",
    branches={
        **MSFF.branches,
        **{
            name: Branch(
                "face", "faces", frozen(Vgg(16, layer="fc7"), start, "net.classifier."), FACES
            )
            for name, start in (("vgg16", "vgg16"), ("vgg_face2", "vgg_face2"))
        },
        "vgg16_blstm": Branch("face", "faces", over_time("vgg16"), FACES),
        "vgg_face2_blstm": Branch("face", "faces", over_time("vgg_face2"), FACES),
    },
    fusions={
        **MSFF.fusions,
        "first": Joined(WeightedMean(step=STEP), ("vgg16_blstm", "resnet_blstm")),
        "seventh": Joined(WeightedMean(), _SEVENTH),
    },
)
