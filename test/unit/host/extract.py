#!/usr/bin/env python3
"""Writes the first block of a language in a Markdown page: `extract.py PAGE LANGUAGE OUTPUT`."""
import re
import sys

page, language, output = sys.argv[1:]
open(output, "w").write(re.search(rf"```{language}\n(.*?)```", open(page).read(), re.S)[1])
