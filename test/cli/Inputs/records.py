"""Files of records for records.dyn, in the current folder: a label and 2 x 2 pixels, as many as the name says."""
import gzip

number = 0
for name, count in (("a", 3), ("b", 1), ("c", 2)):
    data = b""
    for _ in range(count):
        data += bytes([number % 10, number, 100 + number, 2 * number, 255])
        number += 1
    with (gzip.open("c.gz", "wb") if name == "c" else open(name, "wb")) as f:
        f.write(data)
with open("cut", "wb") as f:
    f.write(bytes(13))
