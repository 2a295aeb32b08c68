"""The resources: `documentation` has the pages of the corpus and their passages."""
