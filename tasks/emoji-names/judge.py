"""Scores names of pictures: their mean chrF against the right names, over a part of the phase's pictures that the seed draws."""
from hidden.chrf import chrf_of_one
from nightshift_judge import Invalid, hidden_csv, run, show

CAPTION_CHARS_MAX = 100
SHARE_DRAWN = 2 / 3


def judge(room):
    truth = {row["id"]: row for row in hidden_csv("data/answers.csv")}
    captions = room.submitted_values("submission.csv", "id", "caption", truth)
    for picture, caption in captions.items():
        if not 0 < len(caption.strip()) <= CAPTION_CHARS_MAX or not any(map(str.isalpha, caption)):
            raise Invalid("the caption of %s must be a text of 1 to %d characters with letters, not %s" % (picture, CAPTION_CHARS_MAX, show(caption)))
    pictures = [picture for picture, row in truth.items() if row["phase"] == room.phase]
    drawn = room.rng("pictures").sample(pictures, int(len(pictures) * SHARE_DRAWN))
    room.cases(drawn)
    scores = [chrf_of_one(captions[picture], truth[picture]["name"]) for picture in drawn]
    return sum(scores) / len(scores), {"pictures": len(drawn), "right": sum(score == 1 for score in scores) / len(scores)}


run(judge)
