"""Splits COCO 2017 for captioning: python3 prepare.py SOURCES OUT.

SOURCES holds annotations_trainval2017.zip, train2017.zip and val2017.zip, or what is in them unpacked: captions_train2017.json,
captions_val2017.json and the pictures. OUT/public has train.csv (image_id, file, width, height, caption; five rows a picture), test.csv and
pictures/; OUT/hidden has answers.csv with the captions of val2017's pictures.
"""
import csv
import hashlib
import json
import os
import shutil
import sys
import zipfile

# Of five pictures of val2017 one is for validation.
VALIDATION_EVERY = 5


def members(sources):
    """{file name: a function that opens it} of every file, unpacked or within a zip archive."""
    found = {}
    for here, folders, files in os.walk(sources):
        folders.sort()
        for path in (os.path.join(here, name) for name in sorted(files)):
            if path.endswith(".zip"):
                archive = zipfile.ZipFile(path)
                for member in archive.namelist():
                    if not member.endswith("/"):
                        found[os.path.basename(member)] = lambda archive=archive, member=member: archive.open(member)
            else:
                found[os.path.basename(path)] = lambda path=path: open(path, "rb")
    return found


def annotations(found, name):
    """[(image, [captions])] of an annotation file, by the image's id."""
    if name not in found:
        sys.exit("there is no %s among the sources; it comes with annotations_trainval2017.zip" % name)
    with found[name]() as file:
        data = json.load(file)
    captions = {}
    for item in sorted(data["annotations"], key=lambda item: item["id"]):
        captions.setdefault(item["image_id"], []).append(" ".join(item["caption"].split()))
    return [(image, captions[image["id"]]) for image in sorted(data["images"], key=lambda image: image["id"]) if image["id"] in captions]


def main(sources, out):
    found = members(sources)
    parts = {part: annotations(found, "captions_%s2017.json" % part) for part in ("train", "val")}
    for folder in ("public/pictures", "hidden"):
        os.makedirs(os.path.join(out, folder), exist_ok=True)
    for images in parts.values():
        for image, _ in images:
            name = image["file_name"]
            if name not in found:
                sys.exit("there is no picture %s among the sources" % name)
            with found[name]() as source, open(os.path.join(out, "public", "pictures", os.path.basename(name)), "wb") as target:
                shutil.copyfileobj(source, target)

    def write(path, header, lines):
        with open(os.path.join(out, path), "w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(header)
            writer.writerows(lines)

    def row(image):
        return [image["id"], "pictures/" + os.path.basename(image["file_name"]), image["width"], image["height"]]

    columns = ["image_id", "file", "width", "height"]
    write("public/train.csv", [*columns, "caption"], ([*row(image), text] for image, texts in parts["train"] for text in texts))
    write("public/test.csv", columns, (row(image) for image, _ in parts["val"]))
    order = sorted(parts["val"], key=lambda item: hashlib.sha256(b"%d" % item[0]["id"]).digest())
    phases = {image["id"]: "validation" if number % VALIDATION_EVERY == 0 else "record" for number, (image, _) in enumerate(order)}
    answers = ([image["id"], phases[image["id"]], text] for image, texts in parts["val"] for text in texts)
    write("hidden/answers.csv", ["image_id", "phase", "caption"], answers)


if __name__ == "__main__":
    main(*sys.argv[1:])
