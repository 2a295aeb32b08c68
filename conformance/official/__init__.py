"""The official conformance suite, run against the fixture server and against the product.

    package.json   its version, and that of the Node.js it needs; `.ci/conformance` installs both
    verdicts       what its files say, and which of it has to pass: pure
    __main__       the servers, the suite's runs, the table

Nothing else of the package imports this. It is not our own kit (`vtmcp conformance`), which tests
any server, by vectors of ours.
"""
