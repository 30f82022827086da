_orgloop_completion() {
    local kind value
    COMPREPLY=()
    while IFS=$'\t' read -r kind value; do
        case $kind in
            dir) compopt -o dirnames 2>/dev/null ;;
            file) compopt -o default 2>/dev/null ;;
            plain) COMPREPLY+=("$value") ;;
        esac
    done < <(
        COMP_LINE="${COMP_LINE:0:COMP_POINT}" COMP_WORDBREAKS="$COMP_WORDBREAKS" \
            _ORGLOOP_COMPLETE=bash_complete "$1" 2>/dev/null
    )
}

# Before 4.4 bash sorts what is offered.
complete -o nosort -F _orgloop_completion orgloop 2>/dev/null ||
    complete -F _orgloop_completion orgloop
