"""Several processes on one listening socket: one supervises, the others serve.

    frames      what the two sides say to each other; pure
    control     the socket between a worker and its supervisor
    counts      the counts of all workers added up, those of the dead included; pure
    restarts    how long to wait before a worker is started again; pure
    worker      a worker as its supervisor sees it: started, asked, ended
    supervisor  keeps as many workers as there shall be, until a signal
    link        the supervisor as a worker sees it

Must not be here: what a worker serves, and settings.
"""
