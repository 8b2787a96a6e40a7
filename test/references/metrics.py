"""The metrics of lib/metrics.dyn in double precision by numpy, on 520 rows that it writes as well.

    python test/references/metrics.py         # needs numpy; writes Inputs/wanted_metrics.dyn, Inputs/metrics.csv
"""
import numpy
from wanted import FOLDER, Module

random = numpy.random.default_rng(11)
x = random.normal(size=(520, 3)).round(2)
label = (x.argmax(1) + (random.uniform(size=520) < 0.4)) % 4
# The weights of a linear classifier with four classes, the last of which it never finds.
weight = numpy.array([[2.0, -0.5, 0.0, 0.1], [0.0, 1.5, -1.0, -0.2], [-0.3, 0.0, 2.5, 0.0]])
bias = numpy.array([0.1, 0.0, -0.2, -9.0])
FOLDER.mkdir(exist_ok=True)
with open(FOLDER / "metrics.csv", "w") as f:
    f.write("x0,x1,x2,label\n")
    f.writelines(f"{a:.2f},{b:.2f},{c:.2f},{l}\n" for (a, b, c), l in zip(x, label))

logits = x @ weight + bias
found = logits.argmax(1)
module = Module("metrics", numpy)
module.put("weight", weight)
module.put("bias", bias)
module.put("accuracy", (found == label).mean())
order = numpy.argsort(-logits, axis=1)
module.put("top_2", numpy.mean([l in row[:2] for l, row in zip(label, order)]))
log_p = logits - numpy.log(numpy.exp(logits).sum(1, keepdims=True))
module.put("perplexity", numpy.exp(-log_p[numpy.arange(520), label].mean()))
counts = numpy.zeros((4, 4))
for l, f in zip(label, found):
    counts[l, f] += 1
assert counts[:, 3].sum() == 0
module.put("confusion", counts)
hits = numpy.diag(counts)
module.put("precision", [h/s if s else 0 for h, s in zip(hits, counts.sum(0))])
module.put("recall", hits/counts.sum(1))
module.put("f1", 2*hits/(counts.sum(0) + counts.sum(1)))
a, b = x[:9, 0], x[:9, 0] + 0.3*x[:9, 1]
module.put("predicted", a)
module.put("measured", b)
module.put("r2", 1 - ((a - b)**2).sum()/((b - b.mean())**2).sum())
module.write()
