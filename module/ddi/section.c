// SPDX-License-Identifier: GPL-2.0
/*
 * Pageable sections: NT's Mm routines that lock a driver's code and data in memory,
 * and the checks behind PAGED_CODE().
 *
 * Under NT a section of an image whose name begins with PAGE is paged out unless it
 * is locked. On Linux all of a module stays where it is, so locking moves nothing.
 * What is kept is what a driver can get wrong: the counts, the handles, the IRQL.
 * The kernel forgets the names of a module's sections (what it keeps for sysfs is
 * private), so a driver has two here, "code" and "data", the latter with all that is
 * no code. Initialisation code and data are in neither: they are thrown away, and
 * locking them is an error as it is under NT.
 *
 * An image is one loaded module that is linked against ntpool. A module notifier
 * adds it when it comes, before its init runs, and removes it when it goes, after its
 * exit. There is no exported way to find a module by an address, hence this list.
 * ntpool comes before all its users and goes after them, so the list is complete and
 * in the end empty. What calls ntpool by other means than the linker is in no known
 * section, like memory that is not code or data of any module. Drivers that are
 * built into the kernel together with ntpool are one image, "vmlinux", that never
 * goes.
 *
 * A handle is a number, image and section in one, and never given twice: the handle
 * of a driver that has gone is found out instead of followed.
 *
 * A locked section holds a reference to its module, taken with the first lock and
 * dropped with the last, so rmmod refuses ("in use") and NT's rule that all counts
 * are 0 at unload cannot be broken that way. While a module goes, in its exit
 * routine, no reference is to be had, and none is needed: it stays until that
 * returns. A failing init and a forced unload do not ask for references; locks
 * that are left then are named in the log, as other things that a driver leaves.
 *
 * images_mutex serialises changes of the list, readers are under RCU: the kernel
 * waits for them before it frees a module, after the notifier. locks_lock guards the
 * counts. It is a raw spin lock, because the routines do their work even where they
 * have just reported that they were called at too high an IRQL: nothing in them
 * sleeps, and a lock that is refused, or worse an unlock, would make one error two.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/limits.h>
#include <linux/list.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/rculist.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <nt_section.h>

#include "base/compat.h"
#include "base/irql.h"
#include "base/report.h"
#include "ddi/raise.h"
#include "ddi/section.h"
#include "memory/backing.h"
#include "observe/leak.h"

/* First parameters of stop code 0x1A. */
enum {
	NOT_LOCKED = 0x1010,
	NO_SECTION = 0x1234,
};

enum part {
	PART_CODE,
	PART_DATA,
	NR_PARTS
};

enum {
	CHECK_TEXT = 160,
};

/**
 * struct section - one section of an image; locks_lock guards it
 * @locks: how often it is locked; read without the lock as well
 * @pinned: it holds a reference to the module
 */
struct section {
	unsigned long locks;
	bool pinned;
};

/**
 * struct image - a driver; nothing but its sections and raises ever changes
 * @link: in images, oldest first
 * @rcu: frees it
 * @mod: the module, NULL for what is built in
 * @number: from 1, never given twice
 * @name: of the module
 * @section: its sections
 * @raise: its raises, raise.c's
 */
struct image {
	struct list_head link;
	struct rcu_head rcu;
	struct module *mod;
	unsigned long number;
	char name[MODULE_NAME_LEN];
	struct section section[NR_PARTS];
	struct ntpool_raise raise;
};

/* A section found, valid under RCU. */
struct place {
	struct image *image;
	enum part part;
};

static DEFINE_MUTEX(images_mutex);
static DEFINE_RAW_SPINLOCK(locks_lock);
static LIST_HEAD(images);
static unsigned long last_number;	/* images_mutex */

static const char *part_name(enum part part)
{
	return part == PART_CODE ? "code" : "data";
}

/* Under RCU: the image that has the address, in initialisation code too. */
static struct image *image_of(unsigned long addr)
{
	struct image *image;

	list_for_each_entry_rcu(image, &images, link)
		if (ntpool_module_has(image->mod, addr))
			return image;
	return NULL;
}

struct ntpool_raise *ntpool_image_raise(unsigned long addr)
{
	struct image *image = image_of(addr);

	return image ? &image->raise : NULL;
}

void ntpool_images_for_each(void (*fn)(const char *name, const struct ntpool_raise *raise,
				       void *arg), void *arg)
{
	struct image *image;

	mutex_lock(&images_mutex);
	list_for_each_entry(image, &images, link)
		fn(image->name, &image->raise, arg);
	mutex_unlock(&images_mutex);
}

/* Under RCU. */
static bool place_of(unsigned long addr, struct place *place)
{
	place->image = image_of(addr);
	if (!place->image)
		return false;
	if (ntpool_module_has_code(place->image->mod, addr))
		place->part = PART_CODE;
	else if (ntpool_module_has_data(place->image->mod, addr))
		place->part = PART_DATA;
	else
		return false;
	return true;
}

static PVOID place_handle(const struct place *place)
{
	return (PVOID)(place->image->number * NR_PARTS + place->part);
}

/* Under RCU. */
static bool place_by_handle(PVOID handle, struct place *place)
{
	unsigned long value = (unsigned long)handle;

	place->part = value % NR_PARTS;
	list_for_each_entry_rcu(place->image, &images, link)
		if (place->image->number == value / NR_PARTS)
			return true;
	return false;
}

static void place_lock(const struct place *place)
{
	struct section *section = &place->image->section[place->part];
	unsigned long flags;

	raw_spin_lock_irqsave(&locks_lock, flags);
	if (!section->locks)
		section->pinned = try_module_get(place->image->mod);
	WRITE_ONCE(section->locks, section->locks + 1);
	raw_spin_unlock_irqrestore(&locks_lock, flags);
}

/* False if it is not locked. */
static bool place_unlock(const struct place *place)
{
	struct section *section = &place->image->section[place->part];
	unsigned long flags;
	bool locked;

	raw_spin_lock_irqsave(&locks_lock, flags);
	locked = section->locks;
	if (locked)
		WRITE_ONCE(section->locks, section->locks - 1);
	if (locked && !section->locks && section->pinned)
		module_put(place->image->mod);
	raw_spin_unlock_irqrestore(&locks_lock, flags);
	return locked;
}

static void report_memory(unsigned int subcode, PVOID what, const char *text,
			  unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_MEMORY_MANAGEMENT,
		.param = { subcode, (unsigned long)what, 0, 0 },
		.addr_mask = BIT(1),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

/* The section routines are pageable code of NT's own. */
static void check_irql(PVOID what, unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL,
		.param = { (unsigned long)what, ntpool_irql(), 0, caller },
		.addr_mask = BIT(0) | BIT(3),
		.text = "a routine for sections was called above APC_LEVEL; it did its work",
		.caller = caller,
	};

	if (!ntpool_paged_ok())
		ntpool_report(&stop);
}

static PVOID lock_address(PVOID address, unsigned long caller)
{
	PVOID handle = NULL;
	struct place place;

	check_irql(address, caller);
	rcu_read_lock();
	if (place_of((unsigned long)address, &place)) {
		place_lock(&place);
		handle = place_handle(&place);
	}
	rcu_read_unlock();
	if (!handle)
		report_memory(NO_SECTION, address,
			      "the address to lock is in no section of a driver; nothing was locked",
			      caller);
	return handle;
}

/**
 * MmLockPagableCodeSection() - lock the section that an address is in
 * @AddressWithinSection: address of a function of the driver
 *
 * Sets the count of the section to 1, or adds 1 if it is locked. All code of a
 * driver is one section. The contract does not say what becomes of an address of
 * data: it locks the driver's data, as MmLockPagableDataSection() does.
 *
 * An address that is in no driver, or in initialisation code, is reported as
 * 0x1A/0x1234 (second parameter: the address). Above APC_LEVEL 0xA is reported
 * (address, IRQL, 0, caller) and the section is locked.
 *
 * Differs: code stays resident; a driver has one section for code, and a locked one
 * keeps it from being unloaded.
 *
 * Source: the NT driver-interface reference; the result for an unknown address is
 * this project's choice.
 *
 * Context: IRQL <= APC_LEVEL.
 * Return: a handle for MmLockPagableSectionByHandle() and
 * MmUnlockPagableImageSection(), the same one for every address of the section, valid
 * while the driver is loaded; NULL if the address is in no section.
 */
PVOID MmLockPagableCodeSection(PVOID AddressWithinSection)
{
	return lock_address(AddressWithinSection, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmLockPagableCodeSection);

/**
 * MmLockPagableDataSection() - lock the section that an address is in
 * @AddressWithinSection: address of static data of the driver
 *
 * As MmLockPagableCodeSection(), which describes the errors. All static data of a
 * driver, constant or not, is one section; an address of code locks the code.
 *
 * Differs: data stay resident; a driver has one section for data, and a locked one
 * keeps it from being unloaded.
 *
 * Source: the NT driver-interface reference.
 *
 * Context: IRQL <= APC_LEVEL.
 * Return: a handle, or NULL if the address is in no section.
 */
PVOID MmLockPagableDataSection(PVOID AddressWithinSection)
{
	return lock_address(AddressWithinSection, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmLockPagableDataSection);

/**
 * MmLockPagableSectionByHandle() - lock a section once more, or again
 * @ImageSectionHandle: what one of the two routines above returned; its count may
 *	have been 0 since
 *
 * Adds 1 to the count. A handle that no loaded driver has is reported as 0x1A/0x1234
 * (second parameter: the handle). Above APC_LEVEL 0xA is reported (handle, IRQL, 0,
 * caller) and the section is locked.
 *
 * Differs: a handle that is none is reported as 0x1A/0x1234 and nothing happens.
 *
 * Source: the NT driver-interface reference. That MmLockPagableCodeSectionByHandle()
 * is the same routine is this project's choice.
 *
 * Context: IRQL <= APC_LEVEL.
 */
void MmLockPagableSectionByHandle(PVOID ImageSectionHandle)
{
	struct place place;
	bool known;

	check_irql(ImageSectionHandle, _RET_IP_);
	rcu_read_lock();
	known = place_by_handle(ImageSectionHandle, &place);
	if (known)
		place_lock(&place);
	rcu_read_unlock();
	if (!known)
		report_memory(NO_SECTION, ImageSectionHandle,
			      "the handle to lock is of no section of a driver; nothing was locked",
			      _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmLockPagableSectionByHandle);

/**
 * MmUnlockPagableImageSection() - take a lock of a section back
 * @ImageSectionHandle: what locking it returned
 *
 * Takes 1 from the count; at 0 the section is pageable again. A section that is not
 * locked, and a handle that no loaded driver has, are reported as 0x1A/0x1010
 * (second parameter: the handle), and nothing changes. Above APC_LEVEL 0xA is
 * reported (handle, IRQL, 0, caller) and the section is unlocked.
 *
 * Differs: a section that is not locked is reported as 0x1A/0x1010 and nothing happens.
 *
 * Source: the NT driver-interface reference; the 1998 DDK allowed PASSIVE_LEVEL only.
 *
 * Context: IRQL <= APC_LEVEL.
 */
void MmUnlockPagableImageSection(PVOID ImageSectionHandle)
{
	struct place place;
	bool locked;

	check_irql(ImageSectionHandle, _RET_IP_);
	rcu_read_lock();
	locked = place_by_handle(ImageSectionHandle, &place) && place_unlock(&place);
	rcu_read_unlock();
	if (!locked)
		report_memory(NOT_LOCKED, ImageSectionHandle,
			      "the section to unlock is not locked; nothing was changed",
			      _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmUnlockPagableImageSection);

/**
 * MmPageEntireDriver() - make all of a driver pageable
 * @AddressWithinSection: any address in the driver, initialisation code too
 *
 * Nothing is paged on Linux, so nothing changes, and counts of locked sections stay.
 * An address in no driver is not an error. Above APC_LEVEL 0xA is reported (address,
 * IRQL, 0, caller).
 *
 * Differs: pages nothing out.
 *
 * Source: the NT driver-interface reference; the result for an unknown address is
 * that of ReactOS.
 *
 * Context: IRQL <= APC_LEVEL.
 * Return: where the image of the driver begins; NULL for an unknown address.
 */
PVOID MmPageEntireDriver(PVOID AddressWithinSection)
{
	struct image *image;
	PVOID base = NULL;

	check_irql(AddressWithinSection, _RET_IP_);
	rcu_read_lock();
	image = image_of((unsigned long)AddressWithinSection);
	if (image)
		base = ntpool_module_base(image->mod);
	rcu_read_unlock();
	return base;
}
EXPORT_SYMBOL_GPL(MmPageEntireDriver);

/**
 * MmResetDriverPaging() - undo what MmPageEntireDriver() did
 * @AddressWithinSection: any address in the driver
 *
 * As there, nothing changes; without MmPageEntireDriver() before it and with an
 * unknown address the routine does nothing under NT either. Above APC_LEVEL 0xA is
 * reported (address, IRQL, 0, caller).
 *
 * Source: the NT driver-interface reference; that an unknown address is no error is
 * this project's choice.
 *
 * Context: IRQL <= APC_LEVEL.
 */
void MmResetDriverPaging(PVOID AddressWithinSection)
{
	check_irql(AddressWithinSection, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmResetDriverPaging);

/*
 * Whose function it is, its name says by where it lies: __func__ is constant data of
 * the driver. The return address may be another's, after a tail call.
 */
static void report_code(const char *function, const char *file, unsigned int line,
			const char *fault, unsigned long caller)
{
	char text[CHECK_TEXT];
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_MUST_BE_NONPAGED,
		.param = { caller, ntpool_irql(), 0, caller },
		.addr_mask = BIT(0) | BIT(3),
		.text = text,
		.caller = caller,
	};
	struct image *image;

	rcu_read_lock();
	image = image_of((unsigned long)function);
	snprintf(text, sizeof(text), "%s() of %s, %s:%u, is pageable code and %s", function,
		 image ? image->name : "an unknown driver", kbasename(file), line, fault);
	rcu_read_unlock();
	ntpool_report(&stop);
}

/**
 * NtpoolPagedCode() - what PAGED_CODE() does
 * @Function: __func__ of the function that is pageable
 * @File: its source file
 * @Line: and line
 *
 * Above APC_LEVEL, reports stop code 0xD3, DRIVER_PORTION_MUST_BE_NONPAGED (address in
 * the function, IRQL, 0, the same address), with driver, function and line in its
 * sentence. Under NT a failed PAGED_CODE() is an assertion and has no stop code; 0xD3 is
 * what NT gives to a driver that marked as pageable what must not be. The driver goes
 * on, because the code is resident. Without CONFIG_PREEMPT_COUNT a held spin lock is
 * not seen, see KeGetCurrentIrql().
 *
 * Source: the NT driver-interface reference; the stop code is this project's choice.
 *
 * Context: any IRQL.
 */
void NtpoolPagedCode(PCSTR Function, PCSTR File, ULONG Line)
{
	if (unlikely(!ntpool_paged_ok()))
		report_code(Function, File, Line, "runs above APC_LEVEL", _RET_IP_);
}
EXPORT_SYMBOL_GPL(NtpoolPagedCode);

/**
 * NtpoolPagedCodeLocked() - what PAGED_CODE_LOCKED() does
 * @Function: __func__ of the function that is pageable
 * @File: its source file
 * @Line: and line
 *
 * Reports as NtpoolPagedCode() if the code of the calling driver is not locked, at any
 * IRQL: what runs at PASSIVE_LEVEL today may run above APC_LEVEL tomorrow.
 *
 * Source: the NT driver-interface reference; the stop code is this project's choice.
 *
 * Context: any IRQL.
 */
void NtpoolPagedCodeLocked(PCSTR Function, PCSTR File, ULONG Line)
{
	struct image *image;
	bool locked;

	rcu_read_lock();
	image = image_of((unsigned long)Function);
	locked = image && READ_ONCE(image->section[PART_CODE].locks);
	rcu_read_unlock();
	if (unlikely(!locked))
		report_code(Function, File, Line, "is not locked", _RET_IP_);
}
EXPORT_SYMBOL_GPL(NtpoolPagedCodeLocked);

static size_t image_rows(const struct image *image, struct ntpool_section_row *rows)
{
	enum part part;

	for (part = 0; part < NR_PARTS; part++) {
		strscpy(rows[part].module, image->name, sizeof(rows[part].module));
		rows[part].section = part_name(part);
		rows[part].locks = READ_ONCE(image->section[part].locks);
	}
	return NR_PARTS;
}

struct ntpool_section_row *ntpool_sections_snapshot(size_t *nr)
{
	struct ntpool_section_row *rows = NULL;
	struct image *image;
	size_t room = 0, used = 0;

	mutex_lock(&images_mutex);
	list_for_each_entry(image, &images, link)
		room += NR_PARTS;
	if (!ntpool_backing_refused())
		rows = kvcalloc(room, sizeof(*rows), GFP_KERNEL);
	if (rows)
		list_for_each_entry(image, &images, link)
			used += image_rows(image, &rows[used]);
	mutex_unlock(&images_mutex);
	*nr = used;
	return rows;
}

static void image_publish(struct image *image, struct module *mod, const char *name)
{
	image->mod = mod;
	strscpy(image->name, name, sizeof(image->name));
	mutex_lock(&images_mutex);
	image->number = ++last_number;
	list_add_tail_rcu(&image->link, &images);
	mutex_unlock(&images_mutex);
}

static int image_add(struct module *mod)
{
	struct image *image;

	image = ntpool_backing_refused() ? NULL : kzalloc(sizeof(*image), GFP_KERNEL);
	if (!image)
		return -ENOMEM;
	image_publish(image, mod, mod->name);
	return 0;
}

static void image_report_left(const struct image *image)
{
	enum part part;

	for (part = 0; part < NR_PARTS; part++)
		if (READ_ONCE(image->section[part].locks))
			ntpool_report_leaked_section(part_name(part), image->name,
						     image->section[part].locks);
}

static void image_remove(const struct module *mod)
{
	struct image *image;

	mutex_lock(&images_mutex);
	list_for_each_entry(image, &images, link)
		if (image->mod == mod) {
			image_report_left(image);
			list_del_rcu(&image->link);
			kfree_rcu(image, rcu);
			break;
		}
	mutex_unlock(&images_mutex);
}

/* Without memory for its image a driver is not loaded. */
static int section_notify(struct notifier_block *nb, unsigned long state, void *data)
{
	struct module *mod = data;

	switch (state) {
	case MODULE_STATE_COMING:
		if (ntpool_module_uses_ntpool(mod))
			return notifier_from_errno(image_add(mod));
		break;
	case MODULE_STATE_GOING:
		image_remove(mod);
		break;
	}
	return NOTIFY_DONE;
}

/* Before other notifiers, which may run code of the module as soon as it comes. */
static struct notifier_block section_notifier = {
	.notifier_call = section_notify,
	.priority = INT_MAX,
};

int ntpool_section_init(void)
{
#ifndef MODULE
	static struct image built_in;

	image_publish(&built_in, NULL, "vmlinux");
#endif
	return register_module_notifier(&section_notifier);
}

void ntpool_section_exit(void)
{
	unregister_module_notifier(&section_notifier);
}
