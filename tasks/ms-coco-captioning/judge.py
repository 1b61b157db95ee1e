"""Scores captions of pictures: BLEU-4 against people's captions, over nine tenths of the phase's pictures that the seed draws."""
from hidden.bleu import bleu, words
from nightshift_judge import Invalid, hidden_csv, run, show

CAPTION_CHARS_MAX = 400
SHARE_DRAWN = 0.9


def judge(room):
    references, phases = {}, {}
    for row in hidden_csv("data/answers.csv"):
        references.setdefault(row["image_id"], []).append(row["caption"])
        phases[row["image_id"]] = row["phase"]
    captions = room.submitted_values("submission.csv", "image_id", "caption", phases)
    for picture, caption in captions.items():
        if len(caption) > CAPTION_CHARS_MAX or not words(caption):
            raise Invalid("the caption of %s must have words and at most %d characters, not %s" % (picture, CAPTION_CHARS_MAX, show(caption)))
    pictures = sorted(picture for picture, phase in phases.items() if phase == room.phase)
    drawn = room.rng("pictures").sample(pictures, max(1, int(len(pictures) * SHARE_DRAWN)))
    room.cases(drawn)
    return bleu([captions[picture] for picture in drawn], [references[picture] for picture in drawn]), {"pictures": len(drawn)}


run(judge)
