# client/man.sed: make of docs/client.md what a manual page begins with and how
# it is divided.  Links lead nowhere there.
1c\
# NAME\
\
gw_bootstrap - bring a database to the head of its migrations, exactly once\
\
# SYNOPSIS
/^One program/i\
# DESCRIPTION\

/^Contents:/,/^$/d
/^!\[/,/^$/d
s/\[\([^]]*\)\]([^)]*)/\1/g
s/^## \(.*\)/# \U\1/
s/^###/##/
