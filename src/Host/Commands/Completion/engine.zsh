#compdef engine
# Completion of "engine" for zsh: eval "$(engine completion zsh)" in ~/.zshrc, after compinit.
_engine() {
    local line="${(j: :)words[2,CURRENT]}"
    local -a found
    found=("${(@f)$("$words[1]" "[suggest:${#line}]" "$line" 2>/dev/null)}")
    found=(${found:#})
    # Where the engine proposes nothing, as for a path, zsh proposes files.
    if (( ${#found} )); then
        compadd -- $found
    else
        [[ $PREFIX == -*=* ]] && compset -P 1 '*='
        _files
    fi
}
compdef _engine engine
