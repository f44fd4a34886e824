# Completion of "engine" for bash: eval "$(engine completion bash)" in ~/.bashrc.
_engine() {
    local line=${COMP_LINE:0:COMP_POINT} word found
    line=${line#*[[:space:]]}
    word=${line##*[[:space:]]}
    COMPREPLY=()
    while IFS= read -r found; do
        # bash takes a colon and an equals sign for the end of a word: only what follows them is to be inserted.
        [[ $found == "$word"* ]] && COMPREPLY+=("${found#"${word%"${word##*[:=]}"}"}")
    done < <("$1" "[suggest:${#line}]" "$line" 2>/dev/null)
}
# Where the engine proposes nothing, as for a path, bash proposes files.
complete -o bashdefault -o default -F _engine engine
