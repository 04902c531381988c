# -*- coding: latin-1 -*-
import x; from y import *
if True:
    revision = "no"
revision = ("a" "b")
down_revision = (
  r"x", '''y''', u"\x41\u00e4\N{DASH}\101",
)
x = revision = "c" \
  "d"
with open("f") as depends_on: pass
for branch_labels in []: pass
del revision
global revision
lambda revision: 0
(revision := "w")
