#compdef orgloop

_orgloop_completion() {
    local kind value text
    local -a values described
    while IFS=$'\t' read -r kind value text; do
        case $kind in
            dir|file)
                [[ $PREFIX == --*=* ]] && compset -P 1 '*='
                if [[ $kind == dir ]]; then _path_files -/; else _path_files; fi
                ;;
            plain)
                if [[ -n $text ]]; then
                    described+=("${value//:/\\:}:$text")
                else
                    values+=("$value")
                fi
                ;;
        esac
    done < <(
        COMP_WORDS="${words[*]}" COMP_CWORD=$((CURRENT - 1)) \
            _ORGLOOP_COMPLETE=zsh_complete "${words[1]}" 2>/dev/null
    )
    (( $#described )) && _describe -V unsorted described -U
    (( $#values )) && compadd -U -V unsorted -a values
}

if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
    _orgloop_completion "$@"
else
    compdef _orgloop_completion orgloop
fi
