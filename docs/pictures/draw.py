#!/usr/bin/env python3
"""Draws the pictures of docs/masks.md next to this file: python3 docs/pictures/draw.py"""
import pathlib

TRAINED, STANDS, GONE, INK, PAPER = "#f4b45f", "#dfe3e8", "#ffffff", "#20262e", "#ffffff"
CELL = 22


class Picture:
    def __init__(self, width, height, title):
        self.size, self.title, self.parts = (width, height), title, []

    def text(self, x, y, words, anchor="start", size=13, weight="normal", mono=False):
        family = "ui-monospace, monospace" if mono else "system-ui, sans-serif"
        self.parts.append(f'<text x="{x}" y="{y}" font-family="{family}" font-size="{size}" '
                          f'font-weight="{weight}" text-anchor="{anchor}" fill="{INK}">{words}</text>')

    def box(self, x, y, w, h, fill, dash=""):
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<rect x="{x}" y="{y}" width="{w}" height="{h}" fill="{fill}" '
                          f'stroke="{INK}" stroke-width="0.8"{extra}/>')

    def arrow(self, x1, y1, x2, y2, dash=""):
        extra = f' stroke-dasharray="{dash}"' if dash else ""
        self.parts.append(f'<line x1="{x1}" y1="{y1}" x2="{x2}" y2="{y2}" stroke="{INK}" '
                          f'stroke-width="1.2" marker-end="url(#tip)"{extra}/>')

    def grid(self, x, y, rows, label):
        """`rows` of (fill, number) cells, with a label below."""
        for i, row in enumerate(rows):
            for j, (fill, number) in enumerate(row):
                self.box(x + j*CELL*1.5, y + i*CELL, CELL*1.5, CELL, fill, "2 2" if fill == GONE else "")
                self.text(x + (j + 0.5)*CELL*1.5, y + i*CELL + 15, number, "middle", 10, mono=True)
        self.text(x + len(rows[0])*CELL*0.75, y + len(rows)*CELL + 17, label, "middle", 12, mono=True)

    def legend(self, x, y, entries):
        for fill, words in entries:
            self.box(x, y - 11, 14, 14, fill, "2 2" if fill == GONE else "")
            self.text(x + 20, y, words, size=12)
            x += 34 + 7*len(words)

    def write(self, name):
        w, h = self.size
        body = "\n".join(self.parts)
        text = (f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}" height="{h}" viewBox="0 0 {w} {h}" '
                f'role="img"><title>{self.title}</title>\n<defs><marker id="tip" viewBox="0 0 8 8" refX="7" '
                f'refY="4" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0L8 4L0 8z" '
                f'fill="{INK}"/></marker></defs>\n<rect width="{w}" height="{h}" fill="{PAPER}"/>\n{body}\n</svg>\n')
        (pathlib.Path(__file__).parent / name).write_text(text)


def trained():
    """What each form of `minimize` moves."""
    p = Picture(760, 330, "What is trained: weights, gates, or both")
    forms = [("minimize net with opt", True, False, "weights under fixed gates"),
             ("minimize gates with opt", False, True, "a search: weights keep every bit"),
             ("minimize net, gates with ...", True, True, "both")]
    for i, (form, weights, gates, note) in enumerate(forms):
        x = 20 + 250*i
        p.text(x + 100, 28, form, "middle", 13, "bold", True)
        p.text(x + 100, 48, note, "middle", 12)
        for at, moves, name in ((x, weights, "net"), (x + 120, gates, "gates")):
            fill = TRAINED if moves else STANDS
            p.grid(at, 70, [[(fill, ""), (fill, "")]]*3, name)
            p.arrow(at + 34, 160, x + 100 + (-22 if at == x else 22), 196)
            if moves:
                edge = at - 8 if at == x else at + 3*CELL + 8
                p.parts.append(f'<path d="M{x + 100 + (-70 if at == x else 70)} 222 '
                               f'Q{edge} 215 {edge} 150" fill="none" stroke="{INK}" stroke-width="1.2" '
                               'stroke-dasharray="4 3" marker-end="url(#tip)"/>')
        p.box(x + 35, 200, 130, 34, PAPER)
        p.text(x + 100, 221, "gates.soft(net)", "middle", 12, mono=True)
        p.arrow(x + 100, 236, x + 100, 262)
        p.text(x + 100, 280, "the error", "middle", 12)
    p.legend(20, 315, [(TRAINED, "moves"), (STANDS, "constant in the step")])
    p.text(300, 315, "dashed: gradients. What the mask does not select passes through.", size=12)
    p.write("masks-trained.svg")


def live():
    """From logits to exact zeros, and what training under them does."""
    p = Picture(860, 340, "From a soft mask to exact zeros, and training under it")
    w = [["-0.8", "0.5"], ["0.2", "1.1"], ["0.4", "-0.3"]]
    a = [["0.3", "-2.1"], ["1.7", "-0.4"], ["0.9", "-1.3"]]
    on = [[True, False], [True, False], [True, False]]
    after = [["-0.9", "0"], ["0.1", "0"], ["0.6", "0"]]
    grown = [[True, True], [True, False], [False, False]]

    def cells(numbers, mask, fill=STANDS):
        return [[(fill if m else GONE, n if m else "0") for n, m in zip(*row)] for row in zip(numbers, mask)]

    every = [[True]*2]*3
    y = 50
    p.text(20, 28, "search", size=14, weight="bold")
    p.grid(20, y, cells(a, every, TRAINED), "gates.a")
    p.arrow(98, y + 33, 140, y + 33)
    p.text(119, y + 26, "largest 3", "middle", 10)
    p.grid(150, y, [[(STANDS if m else GONE, "1" if m else "0") for m in row] for row in on], "live")
    p.text(290, 28, "the ticket", size=14, weight="bold")
    p.arrow(226, y + 33, 268, y + 33)
    p.text(247, y + 26, "hard", "middle", 10)
    p.grid(280, y, cells(w, on), "hard(net, live)")
    p.text(430, 28, "minimize ticket where live with opt", size=14, weight="bold", mono=True)
    p.arrow(356, y + 33, 420, y + 33)
    p.grid(430, y, [[(TRAINED if m else GONE, n if m else "-") for n, m in zip(*r)]
                    for r in zip([["0.1", ""], ["0.3", ""], ["-.2", ""]], on)], "gradient")
    p.grid(530, y, [[(TRAINED if m else GONE, n if m else "-") for n, m in zip(*r)]
                    for r in zip([["m v", ""], ["m v", ""], ["m v", ""]], on)], "opt's state")
    p.grid(630, y, cells(after, on, TRAINED), "ticket")
    p.text(720, y + 20, "no gradient,", size=11)
    p.text(720, y + 36, "no state, no decay:", size=11)
    p.text(720, y + 52, "zero stays zero", size=11)

    y = 200
    p.text(20, y - 14, "another tree: one entry goes, one comes back", size=14, weight="bold")
    p.grid(20, y, [[(STANDS if m else GONE, "1" if m else "0") for m in row] for row in grown], "live")
    p.arrow(98, y + 33, 270, y + 33)
    p.text(184, y + 26, "hard, where live", "middle", 10)
    p.grid(280, y, [[(TRAINED, "-0.9"), (TRAINED, "0")], [(TRAINED, "0.1"), (GONE, "0")],
                    [(GONE, "0"), (GONE, "0")]], "ticket")
    p.grid(430, y, [[(TRAINED, "m v"), (TRAINED, "0 0")], [(TRAINED, "m v"), (GONE, "-")],
                    [(GONE, "-"), (GONE, "-")]], "opt's state")
    p.text(530, y + 20, "what stays keeps its state;", size=11)
    p.text(530, y + 36, "what comes back begins with fresh state, from 0;", size=11)
    p.text(530, y + 52, "nothing is compiled", size=11)
    p.legend(20, 325, [(TRAINED, "moves"), (STANDS, "constant"), (GONE, "exactly zero, or none")])
    p.write("masks-live.svg")


if __name__ == "__main__":
    trained()
    live()
