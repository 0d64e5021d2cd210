"""mien's own recipe for labelled clips: what the default bundle does, on clips of one's own.

Face and voice start from the default bundle's networks as they are: a face encoder trained on
FER2013, and a front of Whisper's that heard 680,000 hours, so that no speaker of a clip corpus was
learned from. Each branch is a logistic regression on mean and deviation over time, which takes
seconds to fit, and a log-opinion pool joins the two. Only the heads of the default bundle have
heard the corpora that it was made from; they take no part here.
"""

from mien.training.recipes.declaration import Branch, Linear, Recipe

RECIPE = Recipe(
    name="mien",
    summary="face and voice: frozen networks, statistics over time, linear heads; log-opinion pool",
    branches={
        "face": Branch("face", "face_embedding", Linear(c=0.001)),
        "voice": Branch("voice", "voice_embedding", Linear(c=0.005)),
    },
)
