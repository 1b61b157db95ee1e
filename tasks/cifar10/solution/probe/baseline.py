"""Probe: the same network, wider, on all pictures, for longer."""
import torch
from pictures import test, train, write
from torch import nn

TRAIN_IMAGES = 50000
EPOCHS = 8
CHANNELS = 32
LEARNING_RATE = 0.002
BATCH = 64
HELD_OUT = 2000
SEED = 1


def network():
    return nn.Sequential(
        nn.Conv2d(3, CHANNELS, 5, stride=2), nn.ReLU(), nn.MaxPool2d(2),
        nn.Conv2d(CHANNELS, 2 * CHANNELS, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2),
        nn.Flatten(), nn.Linear(2 * CHANNELS * 9, 10),
    )


def batches(count, size):
    return torch.arange(count).split(size)


@torch.no_grad()
def labels_of(model, images):
    model.eval()
    return torch.cat([model(images[part]).argmax(1) for part in batches(len(images), 500)])


def fit(model, images, labels):
    optimizer = torch.optim.Adam(model.parameters(), lr=LEARNING_RATE)
    model.train()
    for epoch in range(EPOCHS):
        order = torch.randperm(len(images))
        for part in batches(len(images), BATCH):
            chosen = order[part]
            loss = nn.functional.cross_entropy(model(images[chosen]), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        print("epoch %d, last loss %.3f" % (epoch + 1, loss.item()), flush=True)


def main():
    torch.manual_seed(SEED)
    images, labels = map(torch.from_numpy, train())
    held, held_labels = images[-HELD_OUT:], labels[-HELD_OUT:]
    model = network()
    fit(model, images[:-HELD_OUT][:TRAIN_IMAGES], labels[:-HELD_OUT][:TRAIN_IMAGES])
    print("accuracy on held-out training pictures: %.4f" % (labels_of(model, held) == held_labels).float().mean())
    write(labels_of(model, torch.from_numpy(test())).numpy())


if __name__ == "__main__":
    main()
