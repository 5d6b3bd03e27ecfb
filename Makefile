# The build of git-migrate, for GNU make 4.2 or newer. "make help" lists what
# there is to make; the variables that a user sets are in the next block.

VERSION = 0.1.0

CFLAGS ?= -O2 -g
PREFIX = /usr/local
DESTDIR =
FUZZ_SECONDS = 60

# WERROR=1  warnings are errors
# SAN=...   sanitizers, for instance SAN=address,undefined
# V=1       shows the commands

bindir = $(PREFIX)/bin
datadir = $(PREFIX)/share
mandir = $(datadir)/man
bashcompdir = $(datadir)/bash-completion/completions
zshcompdir = $(datadir)/zsh/site-functions
hookdir = $(datadir)/git-migrate/hooks

INSTALL = install
PKG_CONFIG = pkg-config
SHELL = /bin/sh

# A build directory for each kind of build: their objects don't mix.
O = build$(if $(findstring clang,$(CC)),/clang)$(if $(SAN),/san)

LIB_SRC = $(sort $(wildcard lib/*.c lib/*/*.c))
DRIVER_SRC = $(sort $(wildcard drivers/*.c))
CMD_SRC = $(sort $(wildcard cmd/*.c))
UNIT_SRC = $(sort $(wildcard tests/unit/*.c))
SUITE_SRC = $(sort $(wildcard tests/drivers/*.c))
FUZZ_SRC = $(sort $(wildcard tests/fuzz/fuzz_*.c))

objects = $(1:%.c=$(O)/obj/%.o)

BIN = $(O)/git-migrate
LIB = $(O)/libgitmigrate.a
# Tests take from here what they use.
DRIVERS = $(if $(DRIVER_SRC),$(O)/drivers.a)

# In tests/unit and tests/drivers a test_NAME.c is a program; what else is
# there is linked to each of them.
UNIT_TESTS = $(patsubst tests/unit/%.c,$(O)/tests/%, \
	$(filter tests/unit/test_%,$(UNIT_SRC)))
SUITE_TESTS = $(patsubst tests/drivers/%.c,$(O)/tests/drivers/%, \
	$(filter tests/drivers/test_%,$(SUITE_SRC)))
UNIT_HELPERS = $(call objects,$(filter-out tests/unit/test_%,$(UNIT_SRC)))
SUITE_HELPERS = $(call objects,$(filter-out \
	tests/drivers/test_%,$(SUITE_SRC)))
FUZZERS = $(patsubst tests/fuzz/%.c,$(O)/tests/%,$(FUZZ_SRC))
SCRIPTS = $(sort $(wildcard tests/t[0-9]*.sh))

PACKAGES = libgit2 libxxhash jansson \
	$(if $(wildcard drivers/sqlite.c),sqlite3) \
	$(if $(wildcard drivers/postgres.c),libpq) \
	$(if $(wildcard drivers/mysql.c),libmariadb)

# Asked once, and only when something is compiled: "make deps" has to work
# where there is no pkg-config yet.
PKG_CFLAGS = $(eval PKG_CFLAGS := \
	$$(shell $(PKG_CONFIG) --cflags $(PACKAGES)))$(PKG_CFLAGS)
PKG_LIBS = $(eval PKG_LIBS := \
	$$(shell $(PKG_CONFIG) --libs $(PACKAGES)))$(PKG_LIBS)
CMOCKA_LIBS = $(eval CMOCKA_LIBS := \
	$$(shell $(PKG_CONFIG) --libs cmocka))$(CMOCKA_LIBS)

WARNINGS = -Wall -Wextra -Wshadow -Wpointer-arith -Wstrict-prototypes \
	-Wmissing-prototypes -Wwrite-strings -Wundef -Wvla -Wformat=2 \
	$(if $(WERROR),-Werror)
HARDENING = $(if $(SAN),,-D_FORTIFY_SOURCE=2 -fstack-protector-strong) -fPIE
SANITIZE = $(if $(SAN),-fsanitize=$(SAN) -fno-sanitize-recover=all \
	-fno-omit-frame-pointer)

ALL_CPPFLAGS = -D_XOPEN_SOURCE=700 -Ilib -I. -I$(O)/gen $(PKG_CFLAGS) \
	$(CPPFLAGS)
ALL_CFLAGS = -std=c11 $(WARNINGS) $(HARDENING) $(SANITIZE) $(CFLAGS)
ALL_LDFLAGS = -pie -Wl,-z,relro -Wl,--as-needed $(SANITIZE) $(LDFLAGS)

# The version goes to the files that ask for it.
version_flag = $(if $(findstring GM_VERSION,$(file <$<)), \
	-DGM_VERSION='"$(VERSION)"')

ifndef V
say = @printf '  %-6s %s\n' $(1) '$(2)';
endif

all: $(LIB) $(if $(wildcard cmd/main.c),$(BIN)) ## the program and the library

$(BIN): $(call objects,$(CMD_SRC) $(DRIVER_SRC)) $(LIB)
	$(call say,LINK,$@)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(PKG_LIBS)

$(LIB): $(call objects,$(LIB_SRC))
$(O)/drivers.a: $(call objects,$(DRIVER_SRC))
$(LIB) $(O)/drivers.a: $(O)/sources
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

# The text of the hooks is part of the program.
$(O)/gen/hooks/%.h: hooks/%
	$(call say,GEN,$@)mkdir -p $(@D) && { \
		echo '/* Made from $<. */'; \
		echo 'static const char $*[] ='; \
		sed 's/[\\"]/\\&/g; s/.*/\t"&\\n"/; $$s/$$/;/' $<; } >$@

$(O)/obj/lib/work/hooks.o: $(O)/gen/hooks/shim.h

$(O)/obj/%.o: %.c $(O)/flags
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(ALL_CPPFLAGS) \
		$(version_flag) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(UNIT_TESTS): $(O)/tests/%: $(O)/obj/tests/unit/%.o $(UNIT_HELPERS) \
		$(DRIVERS) $(LIB)
	$(call say,LINK,$@)mkdir -p $(@D) && \
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA_LIBS) $(PKG_LIBS)

$(SUITE_TESTS): $(O)/tests/drivers/%: $(O)/obj/tests/drivers/%.o \
		$(SUITE_HELPERS) $(call objects,$(DRIVER_SRC)) $(LIB)
	$(call say,LINK,$@)mkdir -p $(@D) && \
	$(CC) $(ALL_LDFLAGS) -o $@ $^ $(CMOCKA_LIBS) $(PKG_LIBS)

$(FUZZERS): $(O)/tests/%: $(O)/obj/tests/fuzz/%.o $(LIB)
	$(call say,LINK,$@)mkdir -p $(@D) && \
	$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(PKG_LIBS)

# Other flags, or a source that is gone, make what was built with them stale.
$(O)/flags: FORCE
	@mkdir -p $(@D); \
	new='$(subst ','\'',$(CC) $(VERSION) $(ALL_CPPFLAGS) $(ALL_CFLAGS) \
		$(ALL_LDFLAGS))'; \
	[ "$$new" = "$$(cat $@ 2>/dev/null)" ] || printf '%s\n' "$$new" >$@

$(O)/sources: FORCE
	@mkdir -p $(@D); \
	new='$(LIB_SRC) $(DRIVER_SRC)'; \
	[ "$$new" = "$$(cat $@ 2>/dev/null)" ] || printf '%s\n' "$$new" >$@

-include $(patsubst %.o,%.d,$(call objects,$(LIB_SRC) $(DRIVER_SRC) \
	$(CMD_SRC) $(UNIT_SRC) $(SUITE_SRC) $(FUZZ_SRC)))

deps: ## installs what building and testing need (Debian, Ubuntu)
	@.ci/deps

demo: all ## a guided tour in a scratch directory
	@PATH="$(CURDIR)/$(O):$$PATH" contrib/demo.sh

test-programs: $(UNIT_TESTS) $(SUITE_TESTS)

test: all test-programs ## every test; TESTS=... for some
	@GM_BUILD_DIR="$(CURDIR)/$(O)" tests/run $(or $(TESTS), \
		$(UNIT_TESTS) $(SUITE_TESTS) $(SCRIPTS))

test-slow: ## the tests with their long repetitions
	@GM_TEST_SLOW=1 $(MAKE) test

lint: $(call objects,$(DRIVER_SRC) $(CMD_SRC))
lint: all ## the rules of the house, format, static checks
	@GM_BUILD_DIR="$(CURDIR)/$(O)" CC="$(CC)" tests/lint.sh

format: ## puts the sources into the house's format
	@tests/lint.sh --format

bench: all ## measures; BENCH=... for some
	@for script in $(or $(BENCH),$(sort $(wildcard tests/bench/*.sh))); do \
		GM_BUILD_DIR="$(CURDIR)/$(O)" "$$script" || exit 1; \
	done

fuzz: ## feeds the parsers with noise, FUZZ_SECONDS=60 or FUZZ_RUNS each
	@$(MAKE) --no-print-directory CC=clang O=build/fuzz \
		SAN=fuzzer-no-link,address,undefined fuzz-run

fuzz-run: $(FUZZERS)
	@tests/fuzz.sh $(FUZZ_SECONDS) $(FUZZERS)

install: all ## installs to PREFIX=/usr/local, below DESTDIR
	$(INSTALL) -d "$(DESTDIR)$(bindir)"
	$(INSTALL) -m 755 $(BIN) "$(DESTDIR)$(bindir)/git-migrate"
	$(INSTALL) -d "$(DESTDIR)$(mandir)/man1"
	$(INSTALL) -m 644 cmd/git-migrate.1 "$(DESTDIR)$(mandir)/man1"
	$(INSTALL) -d "$(DESTDIR)$(bashcompdir)" "$(DESTDIR)$(zshcompdir)"
	$(INSTALL) -m 644 contrib/completion/git-migrate.bash \
		"$(DESTDIR)$(bashcompdir)/git-migrate"
	$(INSTALL) -m 644 contrib/completion/_git-migrate \
		"$(DESTDIR)$(zshcompdir)/_git-migrate"
ifneq ($(wildcard hooks/*),)
	$(INSTALL) -d "$(DESTDIR)$(hookdir)"
	$(INSTALL) -m 755 $(wildcard hooks/*) "$(DESTDIR)$(hookdir)"
endif

uninstall: ## removes what install put there
	rm -f "$(DESTDIR)$(bindir)/git-migrate" \
		"$(DESTDIR)$(mandir)/man1/git-migrate.1" \
		"$(DESTDIR)$(bashcompdir)/git-migrate" \
		"$(DESTDIR)$(zshcompdir)/_git-migrate"
	rm -rf "$(DESTDIR)$(datadir)/git-migrate"

clean: ## removes everything that was built
	rm -rf build

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1\t\2/p' Makefile | \
		while IFS="$$(printf '\t')" read -r name does; do \
			printf '  %-12s %s\n' "$$name" "$$does"; \
		done

FORCE:

.PHONY: all deps demo test test-programs test-slow lint format \
	bench fuzz fuzz-run install uninstall clean help FORCE
.DELETE_ON_ERROR:
.SECONDARY:
