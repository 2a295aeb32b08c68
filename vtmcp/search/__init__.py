"""The documentation and its search: markdown in, ranked passages out.

- `page`: one page with its front matter.
- `corpus`: finds and reads the shipped pages and their index.
- `local`: reads an operator's own pages; with `corpus` the only module that touches files.
- `passages`: cuts a page into passages, each with an address of its own.
- `listings`: cuts what is longer than an answer, such as a program's `-help`.
- `terms`: text to terms: identifiers, stems, stop words.
- `kinds`: the words flag, endpoint, variable, metric, for headings that are names of such.
- `synonyms`: words that people use for the words that the corpus uses.
- `spelling`, `vocabulary`: the terms that there are, and the near ones for a misspelled one.
- `scoring`: a typed face for rank_bm25; the only module that imports it, and late.
- `packed`: the shipped index: what rank_bm25 computed, ahead of time, for pure Python to read.
- `build`: makes that index; `python -m vtmcp.search.build`.
- `ranking`: `Index`, which puts these together and answers queries.
- `library`: `shipped_index`, `local_index`, and `Library`, which searches both as one.
- `freshness`: how old pages are and which versions they speak of.

Must not be here: MCP, results for a peer, a clock or the environment. Nothing imports this package
at start; the first question for documentation does.
"""
