function _orgloop_completion
    set -l typed (commandline -t)
    set -l option (string match -r -- '^--[^=]*=' $typed)
    set -l path (string replace -r -- '^--[^=]*=' '' $typed)
    for line in (_ORGLOOP_COMPLETE=fish_complete COMP_WORDS=(commandline -cp) \
            COMP_CWORD="$typed" orgloop 2>/dev/null)
        set -l parts (string split --max 1 \t -- $line)
        switch $parts[1]
            case dir
                printf '%s\n' "$option"(__fish_complete_directories "$path")
            case file
                printf '%s\n' "$option"(__fish_complete_path "$path")
            case plain
                echo $parts[2]
        end
    end
end

complete --no-files --command orgloop --arguments '(_orgloop_completion)'
