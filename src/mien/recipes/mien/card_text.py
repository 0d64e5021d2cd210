"""What the model card says in words: facts that no report holds."""

from __future__ import annotations

__all__ = ["CLIP_MODELS", "DATA", "LICENCE", "LIMITS", "PAPERS", "READ"]

LICENCE = "CC BY-NC-SA 4.0"

DATA = """
| part | learned from | licence of the data |
|---|---|---|
| face | FER2013, 28,709 training pictures, with FER+ votes | research; FER+ MIT |
| voice | RAVDESS speech (21 actors), EMO-DB (10 speakers), Java-SED (8 actors) | CC BY-NC-SA 4.0; research; MIT |
| fusion | Java-SED video, 192 clips of 8 actors, held-out scores of both parts | MIT |

Cite: Goodfellow et al. 2013 (FER2013), Barsoum et al. 2016 (FER+), Livingstone & Russo 2018 (RAVDESS),
Burkhardt et al. 2005 (EMO-DB), the authors of Java-SED. The face part never saw RAVDESS, EMO-DB or
Java-SED.
"""

READ = """
FER2013's PrivateTest was read after the face's second, third and fourth stage, after a fifth that did not ship, and when the shipped network was made int8 (which took its accuracy from 70.7 to 71.1 %, its PublicTest's from 70.2 to 70.4: within what rounding does). Nothing was chosen by it, but the fourth stage would not have been trained had the third reached what was aimed at (87 % on FER+; it read 86.99).
"""

CLIP_MODELS = """
How the faces of a clip become one answer, and how that is joined with the voice; the same clips, folds and features for all.
Whatever is fitted learned from other actors than it is scored on. *Numbers* are those fitted on clips. *No voice*, *no face*:
part right where that branch is taken away. *Other faces*: part right on FER2013's private test as clips of one face, where
what learned from eight actors without disgust shows what it forgot. The simplest ships among those whose UAR lies within the
best one's interval and that do not lose on other faces; of one order of magnitude of numbers, the one of the lower NLL.
"""

PAPERS = """
Each recipe's own main system (the first fusion it declares), the same clips, folds and rules. They learned from these clips
alone, *small* ones with narrow networks and short trainings; mien's face part never saw the corpus, its voice heard other
actors of it and two more corpora, so this compares what can be had and not only designs. Milliseconds: processor time of one
core for a clip from the file on, measured with each run. Megabytes: networks, without face detectors and openSMILE.
"""

LIMITS = """
- **Posed and acted.** FER2013 is pictures from a web search; the speech is acted in studios. A score on
  them says little about films, interviews or daily life, and no figure here is of such material.
- **Face and voice together** were measured on 192 clips of eight Javanese-speaking actors, which have no
  disgust. No third labelled corpus was at hand to test the fusion on. A clip model fitted on them may
  be better on their fellows and worse for everyone else, which is why hardly anything is fitted there.
- **Disgust and fear** are the weakest classes: few examples, and annotators disagree on them.
- **Languages.** English, German, Javanese and Indonesian speech were heard in training; others were not.
- **Who was seen.** FER2013 says nothing about age, sex or origin; of the face, groups were compared on
  eight actors only. Differences between groups must be assumed.
- **The voice** is that of the sound track: with several speakers, or music with song, it mixes them. It
  is not matched to a face.
- Faces under about 24 px, in profile, covered or very dark are missed or misread.

Expression is not feeling. Do not use this to decide about a person. In the EU, inferring emotions at
workplaces and in education is forbidden (AI Act, article 5(1)(f)), and people exposed to emotion
recognition elsewhere must be told (article 50(3)).
"""
