"""Cuts the State of the Union speeches by time: python3 prepare.py SOURCES OUT.

OUT/public has train.txt, speeches up to 1992, oldest first, one a line; OUT/hidden has validation.txt (1993-2004) and record.txt (2005-).
"""
import os
import re
import sys

VALIDATION_FROM = 1993
RECORD_FROM = 2005
NAME = re.compile(r"(\d{4})_\w+\.txt\Z")
PLAIN = {"‘": "'", "’": "'", "“": '"', "”": '"', "–": "-", "—": "--", "…": "...", "`": "'"}


def main(sources, out):
    speeches = []
    for here, _, files in os.walk(sources):
        for name in files:
            if NAME.match(name):
                with open(os.path.join(here, name), encoding="utf-8") as file:
                    speeches.append((name, file.read()))
    if not speeches:
        sys.exit("%s: there are no speeches in it, files named like 1801_thomas_jefferson_dr.txt" % sources)
    parts = {"public/train.txt": [], "hidden/validation.txt": [], "hidden/record.txt": []}
    for name, text in sorted(speeches):
        year = int(name[:4])
        part = "train" if year < VALIDATION_FROM else "validation" if year < RECORD_FROM else "record"
        # Old and new speeches were typed in with different marks; what is left beyond ASCII says more of the typist than of the text.
        for mark, plain in PLAIN.items():
            text = text.replace(mark, plain)
        text = " ".join("".join(one if " " <= one <= "~" else " " for one in text).split())
        parts["%s/%s.txt" % ("public" if part == "train" else "hidden", part)].append(text)
    for path, texts in parts.items():
        os.makedirs(os.path.dirname(os.path.join(out, path)), exist_ok=True)
        with open(os.path.join(out, path), "w", encoding="ascii", newline="") as file:
            file.writelines(text + "\n" for text in texts)


if __name__ == "__main__":
    main(*sys.argv[1:])
