#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
# Installs rstscope for Wireshark @WIRESHARK@, for you or (as root) for everybody.
#   ./install.sh              install the plugin and the profile "TCP Resets"
#   ./install.sh --uninstall  remove both; a profile that was changed stays
set -eu
built_for=@WIRESHARK@
machine=@MACHINE@
plugin=librstscope.so
here=$(cd "$(dirname "$0")" && pwd)

fail() { echo "error: $*" >&2; exit 1; }

action=install
case "${1-}" in
'') ;;
--uninstall) action=uninstall ;;
*) sed -n '3,5s/^# *//p' "$0"; [ "$1" = --help ] && exit 0; exit 2 ;;
esac

command -v tshark >/dev/null ||
    fail "tshark is not in the PATH; it tells where plugins belong (Debian: apt-get install tshark)."
folder() { tshark -G folders 2>/dev/null | sed -n "s/^$1:[[:space:]]*//p" | head -n 1; }
if [ "$(id -u)" = 0 ]; then
    # As root, Wireshark looks nowhere else.
    plugins=$(folder 'Global Plugins')
    profile="$(folder 'Global configuration')/profiles/TCP Resets"
else
    plugins=$(folder 'Personal Plugins')
    profile="$(folder 'Personal configuration')/profiles/TCP Resets"
fi
[ -n "$plugins" ] || fail "\`tshark -G folders\` names no plugin folder."
target="$plugins/epan/$plugin"

if [ "$action" = uninstall ]; then
    if [ -e "$target" ]; then
        rm -f "$target"
        rmdir "$plugins/epan" 2>/dev/null || :
        echo "Removed $target."
    else
        echo "Not installed: there is no $target."
    fi
    if [ -d "$profile/.installed" ]; then
        for file in "$profile/.installed"/*; do
            name=${file##*/}
            # Wireshark writes the macros anew by itself.
            [ "$name" = dmacros ] && continue
            [ ! -e "$profile/$name" ] || cmp -s "$file" "$profile/$name" || {
                echo "Left the profile $profile: $name is not as it was installed."
                exit 0
            }
        done
        for file in "$profile/.installed"/*; do rm -f "$profile/${file##*/}"; done
        rm -rf "$profile/.installed" "$profile/recent"
        rmdir "$profile" 2>/dev/null && echo "Removed $profile."
    fi
    exit 0
fi

found=$(tshark --version 2>/dev/null | sed -n '1s/^[^0-9]*\([0-9]*\.[0-9]*\).*/\1/p')
[ "$found" = "$built_for" ] ||
    fail "this rstscope is for Wireshark $built_for, and $found is installed; get the package for $found."
[ "$(uname -m)" = "$machine" ] ||
    fail "this rstscope is for $machine, and this machine is $(uname -m)."

mkdir -p "$plugins/epan"
# A running Wireshark has the old file mapped: replace it, do not write into it.
cp "$here/$plugin" "$plugins/epan/.$plugin.new"
chmod 644 "$plugins/epan/.$plugin.new"
# Until it has passed its test, the one before can come back.
old="$plugins/epan/.$plugin.old"
[ ! -e "$target" ] || mv -f "$target" "$old"
mv -f "$plugins/epan/.$plugin.new" "$target"
undo() {
    rm -f "$target"
    [ ! -e "$old" ] || mv -f "$old" "$target"
    fail "$@ All is as it was before."
}
tshark -G plugins 2>/dev/null | grep -F "$target" | grep -qF "$plugin" ||
    undo "tshark does not load $target; see what \`tshark -G plugins\` says."
tshark -r "$here/examples/sample.pcap" -Y rst.origin -T fields -e frame.number \
    -e rst.origin -e rst.cause 2>/dev/null | cmp -s - "$here/examples/expected.txt" ||
    undo "$target is loaded, but does not say what it should of examples/sample.pcap; please report this."
rm -f "$old"
echo "Installed $target; it explains the sample as it should. Restart Wireshark if it is open."

if [ -e "$profile" ] && [ ! -d "$profile/.installed" ]; then
    echo "Left the profile $profile as it is: it was not installed by this script."
    exit 0
fi
for file in "$here/profile"/*; do
    old="$profile/.installed/${file##*/}"
    if [ -e "$old" ] && ! cmp -s "$old" "$profile/${file##*/}"; then
        echo "Left the profile $profile as it is: ${file##*/} is not as it was installed."
        exit 0
    fi
done
mkdir -p "$profile/.installed"
cp "$here/profile"/* "$profile/"
cp "$here/profile"/* "$profile/.installed/"
echo "Installed $profile; choose it at the bottom right of Wireshark's window."
