"""Reference: three normalised layers, mirrored pictures, and a learning rate that rises and falls."""
import torch
from pictures import test, train, write
from torch import nn

TRAIN_IMAGES = 50000
EPOCHS = 10
CHANNELS = 32
LEARNING_RATE = 0.01
BATCH = 64
HELD_OUT = 2000
SEED = 1


def network():
    def block(wide, wider):
        return [nn.Conv2d(wide, wider, 3, padding=1, bias=False), nn.BatchNorm2d(wider), nn.ReLU(), nn.MaxPool2d(2)]

    return nn.Sequential(
        *block(3, CHANNELS), *block(CHANNELS, 2 * CHANNELS), nn.Dropout2d(0.1), *block(2 * CHANNELS, 4 * CHANNELS),
        nn.Flatten(), nn.Dropout(0.2), nn.Linear(4 * CHANNELS * 16, 10),
    )


def batches(count, size):
    return torch.arange(count).split(size)


@torch.no_grad()
def labels_of(model, images):
    model.eval()
    return torch.cat([model(images[part]).argmax(1) for part in batches(len(images), 500)])


def fit(model, images, labels):
    steps = EPOCHS * len(list(batches(len(images), BATCH)))
    optimizer = torch.optim.AdamW(model.parameters(), weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, LEARNING_RATE, total_steps=steps)
    model.train()
    for epoch in range(EPOCHS):
        order = torch.randperm(len(images))
        for part in batches(len(images), BATCH):
            chosen = order[part]
            pictures = images[chosen]
            if torch.rand(()) < 0.5:
                pictures = pictures.flip(3)
            loss = nn.functional.cross_entropy(model(pictures), labels[chosen])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
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
