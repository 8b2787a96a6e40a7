"""Arrays as NumPy writes them: `arrays.py FOLDER`."""
import os
import struct
import sys
import zipfile


def npy(descr, shape, data, column_major=False):
    head = f"{{'descr': '{descr}', 'fortran_order': {column_major}, 'shape': {shape!r}, }}"
    head += " " * (-(10 + len(head) + 1) % 64) + "\n"
    return b"\x93NUMPY\1\0" + struct.pack("<H", len(head)) + head.encode() + data


os.makedirs(sys.argv[1], exist_ok=True)
os.chdir(sys.argv[1])
x = npy(">f8", (4, 2), struct.pack(">8d", 1, 2, 3, 4, 10, 20, 30, 40), column_major=True)
label = npy("<i4", (4,), struct.pack("<4i", 0, 1, 2, 1))
open("x.npy", "wb").write(x)
for name, method in ("stored", zipfile.ZIP_STORED), ("packed", zipfile.ZIP_DEFLATED):
    with zipfile.ZipFile(name + ".npz", "w", method) as archive:
        for member, data in ("x", x), ("label", label):
            with archive.open(member + ".npy", "w", force_zip64=True) as f:
                f.write(data)
whole = open("stored.npz", "rb").read()
open("short.npz", "wb").write(whole[:-30])
open("flipped.npz", "wb").write(whole[:200] + bytes([whole[200] ^ 1]) + whole[201:])
