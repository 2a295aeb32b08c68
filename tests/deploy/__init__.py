"""The deployment files: that they are well formed, and say what the code says.

What `.ci/deploy-tools` installs is used where it is there; without it those tests are skipped.
"""
