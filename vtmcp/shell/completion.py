"""Completion scripts. Each hands the words to `vtmcp __complete` and shows what comes back.

Must not be here: what can be completed (`candidates`).
"""

BASH = r"""# Completion of vtmcp for bash: eval "$(vtmcp completion bash)" in ~/.bashrc
_vtmcp() {
    local line=${COMP_LINE:0:COMP_POINT} found current
    local -a words
    read -ra words <<< "$line"
    case $line in *[[:space:]]) words+=("") ;; esac
    current=${words[${#words[@]}-1]}
    COMPREPLY=()
    while IFS= read -r found; do
        COMPREPLY+=("${found%%$'\t'*}")
    done < <("${1/#\~/$HOME}" __complete "${words[@]:1}" 2>/dev/null)
    # Bash completes from the last of its word breaks on: what stands before is there already.
    case $COMP_WORDBREAKS in
        *[:=]*) COMPREPLY=("${COMPREPLY[@]#"${current%"${current##*[:=]}"}"}") ;;
    esac
}
complete -F _vtmcp vtmcp mcp-victoriatraces
"""

ZSH = r"""#compdef vtmcp mcp-victoriatraces
# Completion of vtmcp for zsh: source <(vtmcp completion zsh) in ~/.zshrc, after compinit
_vtmcp() {
    local -a found shown
    local line
    "${(Q)words[1]/#\~/$HOME}" __complete "${(@Q)words[2,CURRENT]}" 2>/dev/null |
        while IFS= read -r line; do
            found+=("${line%%$'\t'*}")
            shown+=("${line/$'\t'/  }")
        done
    compadd -l -d shown -a found
}
compdef _vtmcp vtmcp mcp-victoriatraces
"""

FISH = r"""# Completion of vtmcp for fish; its place is ~/.config/fish/completions/vtmcp.fish
function __vtmcp_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    $words[1] __complete $words[2..-1] "$current" 2>/dev/null
end
complete -c vtmcp -f -a '(__vtmcp_complete)'
complete -c mcp-victoriatraces -f -a '(__vtmcp_complete)'
"""

SCRIPTS = {"bash": BASH, "zsh": ZSH, "fish": FISH}
