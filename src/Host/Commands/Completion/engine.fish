# Completion of "engine" for fish: engine completion fish | source, in ~/.config/fish/config.fish.
function __engine_complete
    set -l program (commandline -opc)[1]
    set -l line (commandline -cp | string replace -r '^\s*\S+\s?' '')
    set -l found ($program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null | string match -v '')
    # Where the engine proposes nothing, as for a path, fish proposes files.
    if set -q found[1]
        string join \n -- $found
    else
        __fish_complete_path (commandline -ct)
    end
end
complete -c engine -f -a '(__engine_complete)'
