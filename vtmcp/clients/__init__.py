"""The configuration files of MCP clients: where each is, its shape, and how it is edited.

    table, paths                the clients as data: file, format, shape, where secrets go
    entry, secrets              what is to be configured, and how a client is told a secret
    shapes                      that, as the value which a client's file holds
    jsonc, jsonc_edit           JSON with comments: a scanner with places, and an editor of the text
    toml_scan, toml_edit        TOML: the statements of a file, and an editor of the text
    yaml_scan, yaml_edit        the YAML that Goose writes, in the same way
    formats, merging            the three as one: read, merge, and check what was merged
    files                       backup and replacement of one file; the only part with a disk
    options, settings, wanted   the words of the command; what is configured; what a file then holds
    links                       one-click links

Must not be here: the environment, and what is printed (`config_command`).
"""
