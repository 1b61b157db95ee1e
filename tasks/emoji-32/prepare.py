"""Makes pictures of emoji with the groups they are in, out of the font Noto Color Emoji and Unicode's emoji-test.txt.

python3 prepare.py SOURCES OUT writes OUT/public (train.npz with images and labels, test.npz with images) and OUT/hidden (answers.csv). A
picture is the font's own bitmap of one code point; no two of them are the same.
"""
import os
import sys

from nightshift_data import find_source, fraction_of, split_ids, write_csv, write_npz
from nightshift_emoji import SIDE, Font, picture

SECRET = "emoji-32/4f6e92d3"
SHARES = {"validation": 0.15, "record": 0.3}
# A label is a group's place here. Flags are no single code points, and Component are no emoji of their own.
GROUPS = ["Smileys & Emotion", "People & Body", "Animals & Nature", "Food & Drink", "Travel & Places", "Activities", "Objects", "Symbols"]
VARIATION = "FE0F"


def groups_of(path):
    """{code point: label} of all emoji of a single code point, in the order of the file."""
    labels, label = {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith("# group:"):
                group = line.split(":", 1)[1].strip()
                label = GROUPS.index(group) if group in GROUPS else None
            elif line.strip() and not line.startswith("#") and label is not None:
                points = [point for point in line.split(";")[0].split() if point != VARIATION]
                if len(points) == 1:
                    labels.setdefault(int(points[0], 16), label)
    if not labels:
        raise ValueError("%s: has no groups of emoji" % path)
    return labels


def main(sources, out):
    font = Font(find_source(sources, "/NotoColorEmoji.ttf"))
    pictures = {}
    for code, label in groups_of(find_source(sources, "/emoji-test.txt")).items():
        png = font.png(code)
        pixels = png and picture(png)
        if pixels:
            pictures.setdefault(pixels, (code, label))
    cases = {code: (pixels, label) for pixels, (code, label) in pictures.items()}
    order = sorted(cases, key=lambda code: fraction_of(code, SECRET + "/order"))
    parts = split_ids(order, SECRET, {**{part: int(share * len(order)) for part, share in SHARES.items()}, "train": None})
    phases = {code: phase for phase in SHARES for code in parts[phase]}
    asked = [code for code in order if code in phases]

    def images(codes):
        return "u1", (len(codes), SIDE, SIDE, 3), b"".join(cases[code][0] for code in codes)

    labels = bytes(cases[code][1] for code in parts["train"])
    public = os.path.join(out, "public")
    write_npz(os.path.join(public, "train.npz"), {"images": images(parts["train"]), "labels": ("u1", (len(labels),), labels)})
    write_npz(os.path.join(public, "test.npz"), {"images": images(asked)})
    rows = [(number, cases[code][1], phases[code]) for number, code in enumerate(asked)]
    write_csv(os.path.join(out, "hidden", "answers.csv"), ["id", "label", "phase"], rows)


if __name__ == "__main__":
    main(*sys.argv[1:])
