# SPDX-License-Identifier: GPL-2.0
#
# ntpool: one file, two readers.  Kbuild includes it with $(obj) set, both
# for an external module build and when this folder is linked into a kernel
# tree; a person's make reads the other half.  $(obj) decides and not
# $(KERNELRELEASE), because DKMS passes the latter on the command line.

ifneq ($(obj),)

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
KERNEL ?= 6.1
ACCEL ?= auto
export KERNEL VARIANT ACCEL CPUS V SUITES PARTS BENCH
# An empty ARCH in the environment is one of its own for a kernel's makefiles.
ifneq ($(ARCH),)
export ARCH
endif

.DEFAULT_GOAL := modules
.PHONY: modules modules_install install uninstall clean help demo test bench check

modules: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

modules_install install: modules
	$(MAKE) -C $(KDIR) M=$(CURDIR) INSTALL_MOD_DIR=$(INSTALL_MOD_DIR) modules_install

# Kbuild has no target for this; depmod only where the module tree is live.
uninstall: kdir
	rm -rf "$(INSTALL_MOD_PATH)/lib/modules/$$($(MAKE) -s -C $(KDIR) kernelrelease)/$(INSTALL_MOD_DIR)"
	$(if $(INSTALL_MOD_PATH),,depmod "$$($(MAKE) -s -C $(KDIR) kernelrelease)")

clean: kdir
	$(MAKE) -C $(KDIR) M=$(CURDIR) clean
	rm -rf build/ext build/guest build/log build/check

.PHONY: kdir
kdir:
	@test -d "$(KDIR)" || { echo "No kernel headers found: install linux-headers-amd64 or say KDIR=..." >&2; exit 1; }

demo test bench:
	@tools/$@/$@.sh

check:
	@tools/checks/check.sh

help:
	@cat tools/help.txt

endif
