"""Reference: ridge regression on the logarithm of the rent, with districts as indicators. Writes submission.csv."""
import csv
import math

RIDGE = 0.5


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def features(flat, districts):
    area, age, distance = float(flat["area"]), float(flat["age"]), float(flat["distance"])
    numbers = [1.0, math.log(area), area / 50, float(flat["rooms"]), float(flat["floor"]) / 5, age / 50, (age / 50) ** 2]
    numbers += [distance / 5, math.exp(-distance / 4)]
    return numbers + [float(flat["district"] == district) for district in districts]


def solve(matrix, right):
    """Gaussian elimination with pivots."""
    rows = [row[:] + [value] for row, value in zip(matrix, right)]
    size = len(rows)
    for column in range(size):
        pivot = max(range(column, size), key=lambda index: abs(rows[index][column]))
        rows[column], rows[pivot] = rows[pivot], rows[column]
        for index in range(size):
            if index != column:
                factor = rows[index][column] / rows[column][column]
                rows[index] = [a - factor * b for a, b in zip(rows[index], rows[column])]
    return [rows[index][size] / rows[index][index] for index in range(size)]


def main():
    train = read("train.csv")
    districts = sorted({flat["district"] for flat in train})
    inputs = [features(flat, districts) for flat in train]
    targets = [math.log(float(flat["rent"])) for flat in train]
    width = range(len(inputs[0]))
    matrix = [[sum(row[i] * row[j] for row in inputs) + (RIDGE if i == j else 0) for j in width] for i in width]
    weights = solve(matrix, [sum(row[i] * target for row, target in zip(inputs, targets)) for i in width])
    with open("submission.csv", "w", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["id", "rent"])
        for flat in read("test.csv"):
            value = sum(a * b for a, b in zip(weights, features(flat, districts)))
            writer.writerow([flat["id"], "%.2f" % math.exp(value)])


main()
