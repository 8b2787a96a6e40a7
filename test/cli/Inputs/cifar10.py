"""Pictures of noise in the layout of CIFAR-10: `cifar10.py FOLDER EXAMPLES_A_FILE`.

Example i of all files, the test file last, has the label i mod 10; its first and last byte of each plane are
i mod 256 and 100 times the plane.
"""
import os
import random
import sys

folder, count = sys.argv[1], int(sys.argv[2])
os.makedirs(folder, exist_ok=True)
draw = random.Random(1)
i = 0
for name in [f"data_batch_{n}" for n in range(1, 6)] + ["test_batch"]:
    with open(os.path.join(folder, name + ".bin"), "wb") as f:
        for _ in range(count):
            planes = [bytes([i % 256]) + draw.randbytes(1022) + bytes([100 * p]) for p in range(3)]
            f.write(bytes([i % 10]) + b"".join(planes))
            i += 1
