"""Counts which byte follows which two, and writes weights.npz. Then tries model.py on the last speeches of the training text."""
import numpy as np
from text import BYTES, bits_per_byte, training_text


def train(text):
    text = text.astype(np.int64)
    places = (text[:-2] * BYTES + text[1:-1]) * BYTES + text[2:]
    counts = np.bincount(places, minlength=BYTES**3).astype(np.int32)
    np.savez_compressed("weights.npz", counts=counts.reshape(BYTES, BYTES, BYTES))


def main():
    text = training_text()
    cut = len(text) * 19 // 20
    train(text[:cut])
    from model import predict

    print("bits per byte on held-out speeches: %.4f" % bits_per_byte(predict, text[cut:]))
    train(text)


if __name__ == "__main__":
    main()
