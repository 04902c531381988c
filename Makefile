# gw_bootstrap: the server half (PGXS), and the goals that hand on to other rooms.
#
#   make, make install, make installcheck     the extension, against the server of PG_CONFIG
#   make client-all, make client-install      the client program and its manual page
#   make demo, make test                      the two commands of the README
#   make test-gateways                        published gateways and their migrations
#   make test-recipes                         the pages of docs/recipes
#   make test-tools [TOOLS="goose ..."]       real migration tools, as in docs/tools
#   make test-deploy                          packages, archive, images, chart, compose
#   make test-static                          of those the static client alone
#   make chaos [STORMS=n] [SEED=n] [MINUTES=n]  random storms
#   make model                                the protocol, by a model checker
#   make fuzz [SECONDS=n] [RUNS=n] [SEED=n]   fuzzers of all that the client reads
#   make oracle [CASES=n] [SEED=n]            random cases against plain SQL and a model
#   make analyze                              gcc -fanalyzer, clang-tidy and cppcheck
#   make valgrind                             pg_regress with a server in valgrind
#   make matrix                               every supported PostgreSQL and pooler: docs/matrix.md
#   make bench [QUICK=1] [BASE=commit] [PARTS="part..."]  speed: docs/benchmarks.md
#   make picture                              docs/start.svg, drawn from a real start
#   make dist                                 the archive for PGXN
#   make client-static                        the client as one file, for any Linux

MODULE_big = gw_bootstrap
OBJS = \
	extension/ask.o \
	extension/bootstrap_lock.o \
	extension/fence.o \
	extension/fence_guard.o \
	extension/fence_settings.o \
	extension/fence_tag.o \
	extension/fence_token.o \
	extension/fence_write.o \
	extension/gw_bootstrap.o \
	extension/head_question.o \
	extension/head_table.o \
	extension/head_value.o \
	extension/holder.o \
	extension/orphan.o \
	extension/row.o \
	extension/toasted.o \
	extension/try.o \
	shared/head_column.o \
	shared/head_condition.o \
	shared/head_judge.o \
	shared/head_order.o \
	shared/head_row.o \
	shared/head_words.o \
	shared/heads.o

EXTENSION = control/gw_bootstrap
DATA = control/gw_bootstrap--1.0.sql

# One source of the version: the control file.
EXTVERSION = $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(srcdir)/control/gw_bootstrap.control)
PG_CPPFLAGS = -I$(srcdir) -DGW_BOOTSTRAP_VERSION='"$(EXTVERSION)"'
PG_CFLAGS = -Wall -Wextra -Werror -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers

# A million rows, which take valgrind longer than all the others.
REGRESS_LONG = bounded
REGRESS = install input names types privileges relations known conditions tools plain transactions portals \
	serializable $(REGRESS_LONG) holders fence update
REGRESS_OPTS = --inputdir=$(srcdir) --load-extension=gw_bootstrap
ISOLATION = outcome head_table guard subtransaction serializable failed
# Needs a test build, see test/rig/server-tests.
ISOLATION_PAUSE = race fence_on order
ISOLATION_OPTS = --inputdir=$(srcdir)/test --load-extension=gw_bootstrap

PG_CONFIG ?= pg_config
PGXS := $(shell $(PG_CONFIG) --pgxs)
# Debian's PostgreSQL 13 comes without the isolation tester.
ifeq ($(wildcard $(dir $(PGXS))../test/isolation/pg_isolation_regress),)
ISOLATION =
endif
include $(PGXS)

ifndef ISOLATION
installcheck: no-isolation
no-isolation:
	@echo "no isolation tests, or no pg_isolation_regress here"
.PHONY: no-isolation
endif

# A VPATH build has no folder for the objects yet, and would find the source's.
$(OBJS) $(OBJS:.o=.bc): | $(CURDIR)/extension $(CURDIR)/shared
$(CURDIR)/extension $(CURDIR)/shared:
	mkdir -p $@

client-all client-man client-install client-uninstall client-clean:
	$(MAKE) -C client $(patsubst client-%,%,$@)

client-static:
	deploy/static/build
.PHONY: client-static test-static

test:
	test/rig/suite
test-gateways:
	test/gateways/run
test-recipes:
	test/gateways/run-recipes
test-tools:
	test/tools/run $(TOOLS)
test-deploy:
	test/deploy/run
test-static:
	test/deploy/static
chaos:
	test/chaos/run
model:
	test/model/run
fuzz:
	test/fuzz/run
oracle:
	test/oracle/run
analyze:
	.ci/analyze
valgrind:
	test/valgrind/run
matrix:
	test/rig/matrix
demo:
	test/demo/run
bench:
	test/bench/run
picture:
	test/bench/picture

# What is committed, as PGXN wants it.  The owner of the tree need not be the one who runs this.
DISTVERSION = $(shell sed -n 's/^  "version": "\(.*\)",$$/\1/p' $(srcdir)/META.json)
dist:
	git -C $(srcdir) -c safe.directory=$(realpath $(srcdir)) archive --format=zip --prefix=gw_bootstrap-$(DISTVERSION)/ \
		-o $(CURDIR)/gw_bootstrap-$(DISTVERSION).zip HEAD

format:
	.ci/format
format-check:
	.ci/format --check

.PHONY: client-all client-man client-install client-uninstall client-clean test test-gateways test-recipes test-tools test-deploy chaos model fuzz oracle analyze valgrind matrix demo bench picture dist format format-check
