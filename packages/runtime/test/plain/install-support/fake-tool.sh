# Stands in for python3, c++, zig and npm: leaves a line in the log, then does in small what the real one does.
# Plain sh and not Node, because a test starts many of them.
#   FAKE_HANG=<name>   this one never ends (of python3: a download)
#   FAKE_SLOW=<digits> each takes 0.<digits> seconds
name=$1
shift

after() {
  flag=$1
  shift
  while [ "$1" != "$flag" ]; do shift; done
  printf %s "$2"
}
fail() {
  echo "$1" >&2
  exit 1
}

if [ "$3" = --version ]; then
  [ -z "$FAKE_NO_PIP" ] || fail 'No module named pip'
  echo 'pip 99.0 from nowhere (python 3.11)'
  exit
fi

work=binding
for last; do
  case $last in
    trial.cc) work=trial ;;
    */stderr-filter.cc) work=filter ;;
  esac
done
if [ $work = binding ]; then
  {
    printf '%s\t%s\t%s' "$name" $$ "$TMPDIR"
    printf '\t%s' "$@"
    echo
  } >>"$FAKE_LOG"
  if [ "$FAKE_HANG" = "$name" ]; then
    [ "$name" != python3 ] || echo 'half a wheel' >"$(after --dest "$@")/half.whl"
    exec /bin/sleep 600
  fi
  [ -z "$FAKE_SLOW" ] || /bin/sleep "0.$FAKE_SLOW"
fi

case $name in
  python3)
    file=$FAKE_INDEX/$last.whl
    [ -f "$file" ] || fail "ERROR: No matching distribution found for $last"
    /bin/cp "$file" "$(after --dest "$@")"
    ;;
  c++ | zig)
    if [ "$name" = c++ ] && [ "$FAKE_BROKEN_COMPILER" = $work ]; then fail 'error: this compiler is broken'; fi
    version=
    for arg; do
      case $arg in
        *libtensorflow.* | *libtensorflow_cc.*) read -r version <"$arg" || : ;;
      esac
    done
    # What the fake loader reads back: the version that the library says.
    echo "{\"version\": \"$version\"}" >"$(after -o "$@")"
    ;;
  npm)
    if [ "$1" = pack ]; then
      /bin/cp "$FAKE_INDEX/tfjs.tgz" "$(after --pack-destination "$@")"
    else
      /bin/mkdir -p node_modules/@tensorflow/tfjs-node/scripts
      /bin/cp "$FAKE_INDEX/install.js" node_modules/@tensorflow/tfjs-node/scripts
    fi
    ;;
esac
