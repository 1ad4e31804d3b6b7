# Shared by the scripts: a Python, a virtual environment and what has to be in it.
# Sourced by bash with the working directory at the root of the checkout.

VENV=.venv
# There while pip is at work: an environment that still has it was cut in the middle.
UNFINISHED=$VENV/tornchat-unfinished

die() {
    echo "tornchat: $*" >&2
    exit 2
}

# Whether $1 is a Python that we can use.
is_usable_python() {
    "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

# Prints a Python >= 3.11 that can make virtual environments, or explains what to install.
find_python() {
    local name without_venv=
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        is_usable_python "$name" || continue
        if "$name" -c 'import venv, ensurepip' >/dev/null 2>&1; then
            command -v "$name"
            return
        fi
        without_venv=${without_venv:-$name}
    done
    if [[ -n $without_venv ]]; then
        die "$without_venv lacks its venv module; on Debian or Ubuntu: apt-get install" \
            "$("$without_venv" -c 'import sys; print("python%d.%d-venv" % sys.version_info[:2])')"
    fi
    die "Python 3.11 or newer is needed; on Debian or Ubuntu:" \
        "apt-get install python3 python3-venv"
}

# Prints a hash of all that decides what belongs into the environment.
wanted() {
    local hash=(sha256sum)
    command -v sha256sum >/dev/null || hash=(shasum -a 256)
    cat setup.cfg pyproject.toml "$VENV/pyvenv.cfg" 2>/dev/null | "${hash[@]}" | cut -d ' ' -f 1
}

# Whether the environment has what the extra ($1; "serve" is none) needs, as far as we noted.
is_complete() {
    [[ -x $VENV/bin/python && ! -e $UNFINISHED && -e $VENV/tornchat-has-$1 ]] &&
        [[ $(<"$VENV/tornchat-has-$1") == "$(wanted)" ]]
}

are_complete() {
    local extra
    for extra in "$@"; do
        is_complete "$extra" || return
    done
}

# Prints the requirements of setup.cfg and of the extras given: the package itself stays out of the
# environment, so that a checkout runs its own files.
requirements() {
    "$VENV/bin/python" - "$@" <<'PYTHON'
import configparser
import sys

setup = configparser.ConfigParser(interpolation=None)
setup.read("setup.cfg", "utf-8")
print(setup["options"]["install_requires"])
for extra in sys.argv[1:]:
    print(setup["options.extras_require"][extra])
PYTHON
}

# Makes the environment if needed and installs the requirements of the extras given.
need_environment() {
    are_complete serve "$@" && return
    # Two first starts at once must not install over each other.
    if command -v flock >/dev/null; then
        exec 9>.venv.lock
        flock --nonblock 9 || {
            echo "Waiting for another start that is installing ..." >&2
            flock 9
        }
    fi
    are_complete serve "$@" || install_environment "$@"
    exec 9>&-
}

install_environment() {
    local python extra
    if [[ -e $UNFINISHED ]] || ! is_usable_python "$VENV/bin/python" ||
        ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        python=$(find_python) || exit
        echo "Making $VENV with $python ..." >&2
        mkdir -p "$VENV" && touch "$UNFINISHED" || die "cannot write in $PWD/$VENV"
        # Emptied by name and not with --clear, which would take the mark along.
        find "$VENV" -mindepth 1 -maxdepth 1 ! -path "$UNFINISHED" -exec rm -rf {} +
        "$python" -m venv "$VENV" || die "$python cannot make a virtual environment in $PWD/$VENV"
    fi
    trap 'exit 130' INT TERM
    touch "$UNFINISHED"
    echo "Installing what Tornchat needs into $VENV ..." >&2
    requirements "$@" >"$VENV/tornchat-requirements.txt"
    "$VENV/bin/python" -m pip install --quiet --disable-pip-version-check \
        -r "$VENV/tornchat-requirements.txt" || pip_failed $?
    for extra in serve "$@"; do
        wanted >"$VENV/tornchat-has-$extra"
    done
    rm "$UNFINISHED"
    trap - INT TERM
}

# $1: pip's exit status. Where pip gave up by itself (no network) it has left things as they were.
pip_failed() {
    (($1 >= 128)) || rm "$UNFINISHED"
    die "pip could not install what is needed; see above"
}

# Installs Debian packages where we may, or says which are missing. No service of theirs is started.
apt_install() {
    local sudo=() policy=/usr/sbin/policy-rc.d made=false status=0
    if ! command -v apt-get >/dev/null; then
        die "please install: $*"
    elif [[ $(id -u) != 0 ]]; then
        sudo -n true 2>/dev/null || die "please run: sudo apt-get install $*"
        sudo=(sudo -n)
    fi
    echo "Installing $* ..." >&2
    local apt=("${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -y)
    # invoke-rc.d and systemd's helper ask this program; containers mostly have it already.
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' | "${sudo[@]}" tee "$policy" >/dev/null
        "${sudo[@]}" chmod 755 "$policy"
        made=true
    fi
    "${apt[@]}" install --no-install-recommends "$@" >/dev/null 2>&1 || {
        "${apt[@]}" update >/dev/null &&
            "${apt[@]}" install --no-install-recommends "$@" >/dev/null
    } || status=$?
    ! $made || "${sudo[@]}" rm "$policy"
    ((status == 0)) || die "apt-get could not install $*"
}
