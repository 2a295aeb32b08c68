"""A person in a shell in the place of a model: `vtmcp tools`, `call`, `read`, `docs`.

    options, arguments, kinds   words of a command line in, options and typed arguments out
    opening                     the server that the options name, as a link
    links, web_link, web        documents to and from a server: in this process, a child, a URL
    client                      a conversation on a link: the era, requests, what is said meanwhile
    results, listing            what a server said, as text or JSON
    terminal, spinner           colour, what would act on a terminal, signs of life
    commands                    what each command does, and its exit code
    completion, candidates      scripts for bash, zsh and fish, and what they ask

Must not be here: a second way to ask the database. What a shell is told, a model is told too.
"""
