"""For prepare scripts: splits a set of labelled pictures that has training and test pictures of its own. The standard library only."""
import os

from nightshift_data import fraction_of, take, write_csv, write_npz


def write_picture_split(out, train, record, validation_share, secret):
    """Writes OUT/public (train.npz with images and labels, test.npz with images) and OUT/hidden (answers.csv: id, label, phase).

    train, record: (images, labels) as (an array of bytes, a list of numbers from 0 to 255). This share of the training pictures validates, the
    record's are tested; agents get both in one secret order, in which a picture's id is its place from 0.
    """
    (images, labels), (record_images, record_labels) = train, record
    if images[0] != "u1" or images[1][1:] != record_images[1][1:]:
        raise ValueError("training and test pictures differ in shape: %s and %s" % (images[1], record_images[1]))
    order = sorted(range(len(labels)), key=lambda index: fraction_of(index, secret))
    held = int(len(labels) * validation_share)
    known = sorted(order[held:])
    asked = [("validation", index) for index in order[:held]] + [("record", index) for index in range(len(record_labels))]
    asked.sort(key=lambda case: fraction_of("%s %d" % case, secret))

    both = "u1", (len(labels) + len(record_labels), *images[1][1:]), images[2] + record_images[2]
    places = [index + (len(labels) if phase == "record" else 0) for phase, index in asked]
    truth = {"validation": labels, "record": record_labels}
    public = os.path.join(out, "public")
    known_labels = "u1", (len(known),), bytes(labels[index] for index in known)
    write_npz(os.path.join(public, "train.npz"), {"images": take(images, known), "labels": known_labels})
    write_npz(os.path.join(public, "test.npz"), {"images": take(both, places)})
    rows = [(place, truth[phase][index], phase) for place, (phase, index) in enumerate(asked)]
    write_csv(os.path.join(out, "hidden", "answers.csv"), ["id", "label", "phase"], rows)
