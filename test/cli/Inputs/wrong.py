"""Data files for wrong-data.dyn, good and bad, in the current folder."""
import gzip
import os
import struct


def images(n, data):
    return b"\0\0\x08\3" + struct.pack(">3I", n, 2, 2) + data


def labels(*values):
    return b"\0\0\x08\1" + struct.pack(">I", len(values)) + bytes(values)


files = {
    "images": images(3, bytes(range(12))),
    "labels": labels(0, 1, 2),
    "label": labels(0, 1, 3),
    "two": labels(0, 1),
    "empty": b"",
    "cut": images(3, bytes(11)),
    "long": images(3, bytes(13)),
    "magic": b"\x89PNG\r\n",
    "zero": images(0, b""),
    "cut.gz": gzip.compress(images(3, bytes(12)))[:-4],
    "nan": b"\0\0\x0d\3" + struct.pack(">3I4f", 1, 2, 2, 0, float("nan"), 0, 0),
    "huge": b"\0\0\x08\3" + struct.pack(">3I", *[0xffffffff] * 3),
}
for name, data in files.items():
    with open(name, "wb") as f:
        f.write(data)
os.mkdir("folder")
os.mkfifo("pipe")
