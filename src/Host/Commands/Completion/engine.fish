# Completion of "engine" for fish: engine completion fish | source, in ~/.config/fish/config.fish.
function __engine_ask
    set -l program (commandline -opc)[1]
    set -l line (commandline -cp | string replace -r '^\s*\S+\s?' '')
    set -g __engine_proposals ($program "[suggest:"(string length -- "$line")"]" "$line" 2>/dev/null)
    set -q __engine_proposals[1]
end
# Where the engine proposes nothing, as for a path, fish proposes files.
complete -c engine -n __engine_ask -f -a '$__engine_proposals'
