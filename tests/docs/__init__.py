"""What is written for users, run: `pages` reads it, `shell` runs it, `looks` compares answers."""
