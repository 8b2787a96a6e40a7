#!/usr/bin/env python3
"""Writes seeds for the fuzz targets of the readers: `test/fuzz/seeds.py FOLDER`.

One folder a target. The first byte of a seed chooses what the program wants
(`wantedBy` in readers_fuzz.cpp).
"""
import gzip
import io
import json
import os
import struct
import sys
import zipfile
import zlib


def npy(descr, shape, data, column_major=False, version=1):
    head = f"{{'descr': '{descr}', 'fortran_order': {column_major}, 'shape': {shape!r}, }}".encode()
    size = "<H" if version == 1 else "<I"
    before = 8 + struct.calcsize(size)
    head += b" " * (-(before + len(head) + 1) % 64) + b"\n"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(size, len(head)) + head + data


def npz(members, method):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, data in members.items():
            with archive.open(name + ".npy", "w", force_zip64=True) as f:
                f.write(data)
    return out.getvalue()


def safetensors(tensors):
    head, data = {}, b""
    for name, (dtype, shape, content) in tensors.items():
        head[name] = {"dtype": dtype, "shape": shape,
                      "data_offsets": [len(data), len(data) + len(content)]}
        data += content
    text = json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + data


floats = struct.pack("<6f", *range(6))
matrix = npy("<f4", (2, 3), floats)
column = npy(">i2", (3,), struct.pack(">3h", 1, -2, 3))
raw = zlib.compressobj(9, zlib.DEFLATED, -15)
seeds = {
    "idx": [(12, b"\0\0\x08\3" + struct.pack(">3I", 2, 2, 2) + bytes(8)),
            (3, b"\0\0\x0b\1" + struct.pack(">I", 2) + bytes(4)),
            (1, b"\0\0\x0e\1" + struct.pack(">I", 1) + bytes(8))],
    "bytes": [(12, bytes(8)), (3, b"\1\2\3"), (150, bytes(range(12)))],
    "npy": [(6, matrix), (3, column), (6, npy("<f8", (2, 3), bytes(48), True, 2)),
            (1, npy("<f2", (3,), bytes(6), version=3)), (5, npy("|b1", (3,), b"\0\1\0"))],
    "npz": [(6, npz({"x": matrix}, zipfile.ZIP_STORED)),
            (134, npz({"x": matrix, "y": column}, zipfile.ZIP_DEFLATED)),
            (134, npz({"x": matrix, "y": column}, zipfile.ZIP_STORED))],
    "csv": [(0, b"1\n2.5\n-3e2\n"), (3, b'1,2\r\n"3",4\r\n'), (102, b"a,b\n1,2\n3,4\n")],
    "gzip": [(5, gzip.compress(b"some text, some text")),
             (4, raw.compress(b"some text") + raw.flush())],
    "safetensors": [(0, safetensors({"a": ("F32", [2, 3], floats), "b": ("I64", [], bytes(8)),
                                     "c": ("U8", [0], b"")}))],
}
for reader, inputs in seeds.items():
    folder = os.path.join(sys.argv[1], reader)
    os.makedirs(folder, exist_ok=True)
    for i, (choice, data) in enumerate(inputs):
        with open(os.path.join(folder, f"seed{i}"), "wb") as f:
            f.write(bytes([choice]) + data)
