# SPDX-License-Identifier: GPL-2.0
#
# This file has two readers. Kbuild includes it with $(obj) set: for an external module,
# and when this folder is linked into a kernel tree. Any other make reads the second
# half. $(KERNELRELEASE) cannot tell the two apart, because DKMS passes it on the
# command line.

ifneq ($(obj),)

ifneq ($(filter 1 2 3 4 5 6.0,$(VERSION) $(VERSION).$(PATCHLEVEL)),)
$(error ntpool: kernel $(VERSION).$(PATCHLEVEL) is older than 6.1)
endif

# $(src) is relative to $(srctree) in tree before 6.10, absolute for M= before
# 6.13 and relative again since; KBUILD_EXTMOD is absolute in every M= build.
export NTPOOL_DIR := $(or $(KBUILD_EXTMOD),$(if $(filter /% $(srctree)/%,$(src)),$(src),$(srctree)/$(src)))

# Kconfig is not read for an external module: take all that the kernel allows.
ifneq ($(KBUILD_EXTMOD),)
export CONFIG_NTPOOL ?= m
export CONFIG_NTPOOL_SAMPLES ?= m
export CONFIG_NTPOOL_BENCH ?= $(if $(CONFIG_GENERIC_ALLOCATOR),m,n)
export CONFIG_NTPOOL_KUNIT_TEST ?= $(if $(CONFIG_KUNIT),m,n)
endif

obj-$(CONFIG_NTPOOL) += module/
obj-$(CONFIG_NTPOOL_KUNIT_TEST) += kunit/

else

# Headers of the running kernel, else the newest that are installed.
KDIR ?= $(or $(wildcard /lib/modules/$(or $(KERNELRELEASE),$(shell uname -r))/build),$(lastword $(shell ls -d /lib/modules/*/build 2>/dev/null | sort -V)))
INSTALL_MOD_DIR ?= updates/ntpool
prefix ?= /usr/local
INSTALL_MOD_PATH ?= $(DESTDIR)
ACCEL ?= auto
# tools/lib/lib.sh and test.sh have the defaults.
export KERNEL VARIANT ACCEL CPUS V SUITES PARTS BENCH RELEASES KVER QUICK KERNELS VARIANTS REFUSALS
# An empty ARCH in the environment is one of its own for a kernel's makefiles.
ifneq ($(ARCH),)
export ARCH
endif

# A kernel built by clang has options that gcc does not know.
llvm = $(shell grep -qsx CONFIG_CC_IS_CLANG=y $(KDIR)/include/config/auto.conf && echo LLVM=$(or $(LLVM),1))
kbuild = $(MAKE) -C $(KDIR) M=$(CURDIR) $(llvm)
# The folder below /lib/modules. kernel.release of Debian 12's headers, which `make kernelrelease`
# prints, has the version of the source instead.
release = $(shell sed -n 's/.*UTS_RELEASE "\(.*\)"/\1/p' "$(KDIR)/include/generated/utsrelease.h")

# Headers for drivers, and the symbols of the module for one kernel
headers_to = $(DESTDIR)$(prefix)/include/ntpool
symbols_to = $(DESTDIR)$(prefix)/lib/ntpool
doc_to = $(DESTDIR)$(prefix)/share/doc/ntpool

.DEFAULT_GOAL := modules
.PHONY: modules modules_install install uninstall clean help demo test test-all bench check
.PHONY: dkms-install dkms-uninstall deb poolmon

modules: kdir
	$(kbuild) modules

modules_install: modules
	$(kbuild) KERNELRELEASE="$(release)" INSTALL_MOD_PATH="$(INSTALL_MOD_PATH)" \
		INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) modules_install

# Debian's headers have no System.map, and kbuild skips depmod then.
install: modules_install
	install -d "$(headers_to)" "$(symbols_to)/$(release)" "$(doc_to)"
	install -m 644 include/nt/*.h "$(headers_to)"
	install -m 644 Module.symvers "$(symbols_to)/$(release)"
	install -m 644 README.md tools/packaging/ntpool.conf "$(doc_to)"
	$(if $(INSTALL_MOD_PATH),,depmod "$(release)")

uninstall: kdir
	rm -rf "$(INSTALL_MOD_PATH)/lib/modules/$(release)/$(INSTALL_MOD_DIR)"
	rm -rf "$(headers_to)" "$(symbols_to)/$(release)" "$(doc_to)"
	[ ! -d "$(symbols_to)" ] || rmdir --ignore-fail-on-non-empty "$(symbols_to)"
	$(if $(INSTALL_MOD_PATH),,depmod "$(release)")

dkms-install dkms-uninstall:
	@tools/packaging/dkms.sh $(@:dkms-%=%)

deb:
	@tools/packaging/deb.sh

poolmon:
	@tools/poolmon/poolmon.sh

clean: kdir
	$(kbuild) clean
	rm -rf build/ext build/guest build/log build/check build/poolmon tools/poolmon/poolmon

.PHONY: kdir
kdir:
	@test -e "$(KDIR)/include/generated/utsrelease.h" || { \
		echo "ntpool: no kernel headers$(if $(KDIR), in $(KDIR)): install linux-headers-amd64 or say KDIR=..." >&2; \
		exit 1; }

demo test test-all bench:
	@tools/$@/$@.sh

check:
	@tools/checks/check.sh

help:
	@cat tools/help.txt

endif
