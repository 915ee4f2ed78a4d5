// SPDX-License-Identifier: GPL-2.0
/*
 * Pageable sections: the Mm routines that lock a driver's code and data in memory, and the
 * checks behind PAGED_CODE().
 *
 * NT pages out an image's sections whose names begin with PAGE, unless they are locked. On
 * Linux a module is always resident, so a lock moves nothing. This file keeps the parts of the
 * contract that a driver can violate: the counts, the handles, the IRQL. The kernel keeps no
 * section names of a module (except private data for sysfs). So each driver has two sections
 * here: "code", and "data" for all other memory. Initialisation code and data belong to
 * neither, because the kernel frees them. To lock them is an error, as on NT.
 *
 * The driver of an address is a client (base/client.c). Code that calls ntpool without
 * linking to it is in no known section, and neither is memory outside all modules.
 *
 * A handle is a number made of client and section. No number is used twice, so a handle of an
 * unloaded driver is detected.
 *
 * NT's rule is that all counts are 0 when the driver's unload routine has returned. A lock
 * that is taken after init holds a reference to the module, so rmmod fails while it exists.
 * A lock taken by init holds none. Many drivers lock there and unlock in their exit routine.
 * With a reference that routine would never run. An unlock ends a lock with a reference first.
 * Locks that remain after the exit routine, or after an init that failed, are named in the log.
 *
 * Locking: clients are found under RCU. locks_lock protects the counts. It is a raw spin lock,
 * because a routine that reports a too high IRQL still does its work. A skipped lock, or worse
 * a skipped unlock, would turn one error into two. No memory of a driver is read in an RCU
 * read section, where a fault would stop all unloads.
 */
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>

#include <nt_section.h>

#include "base/client.h"
#include "base/compat.h"
#include "base/irql.h"
#include "base/refuse.h"
#include "base/report.h"
#include "ddi/section.h"
#include "parts.h"
#include "memory/backing.h"
#include "verify/argument.h"

/* First parameter of stop code 0x1A. */
enum {
	NOT_LOCKED = 0x1010,
	NO_SECTION = 0x1234,
};

enum {
	CHECK_TEXT = 160,
};

/* The sections of a driver. */
enum part {
	PART_CODE,
	PART_DATA,
	PARTS
};

/**
 * struct section - a section of a client
 * @locks: how often it is locked; locks_lock, read without it
 * @unheld: how many of these locks hold no reference to the module; locks_lock
 * @pinned: the others hold one; locks_lock
 */
struct section {
	unsigned long locks;
	unsigned long unheld;
	bool pinned;
};

/* A section found, valid under RCU. */
struct place {
	struct ntpool_client *client;
	enum part part;
};

static DEFINE_RAW_SPINLOCK(locks_lock);

static const char *part_name(enum part part)
{
	return part == PART_CODE ? "code" : "data";
}

static struct section *section_of(struct ntpool_client *client, enum part part)
{
	struct section *sections = ntpool_client_data(client, NTPOOL_WATCH_SECTIONS);

	return &sections[part];
}

/* In an RCU read section. */
static bool place_of(unsigned long addr, struct place *place)
{
	place->client = ntpool_client_of(addr);
	if (!place->client)
		return false;
	if (ntpool_module_has_code(place->client->mod, addr))
		place->part = PART_CODE;
	else if (ntpool_module_has_data(place->client->mod, addr))
		place->part = PART_DATA;
	else
		return false;
	return true;
}

static PVOID place_handle(const struct place *place)
{
	return (PVOID)(place->client->number * PARTS + place->part);
}

/* In an RCU read section. */
static bool place_by_handle(PVOID handle, struct place *place)
{
	unsigned long value = (unsigned long)handle;

	place->part = value % PARTS;
	place->client = ntpool_client_by_number(value / PARTS);
	return place->client;
}

/* True while init of @mod runs. */
static bool is_starting(const struct module *mod)
{
	return mod && READ_ONCE(mod->state) == MODULE_STATE_COMING;
}

/* References are taken and put without the lock: programs may be attached to their tracepoints. */
static void place_lock(const struct place *place)
{
	struct section *section = section_of(place->client, place->part);
	struct module *mod = place->client->mod;
	bool starting = is_starting(mod);
	bool held = !starting && try_module_get(mod);
	unsigned long flags;

	raw_spin_lock_irqsave(&locks_lock, flags);
	WRITE_ONCE(section->locks, section->locks + 1);
	if (starting) {
		section->unheld++;
	} else if (!section->pinned) {
		section->pinned = held;
		held = false;
	}
	raw_spin_unlock_irqrestore(&locks_lock, flags);
	if (held)
		module_put(mod);
}

/* Returns false if the section is not locked. */
static bool place_unlock(const struct place *place)
{
	struct section *section = section_of(place->client, place->part);
	unsigned long flags;
	bool locked, held;

	raw_spin_lock_irqsave(&locks_lock, flags);
	locked = section->locks;
	if (locked)
		WRITE_ONCE(section->locks, section->locks - 1);
	section->unheld = min(section->unheld, section->locks);
	held = section->pinned && section->locks == section->unheld;
	if (held)
		section->pinned = false;
	raw_spin_unlock_irqrestore(&locks_lock, flags);
	if (held)
		module_put(place->client->mod);
	return locked;
}

static void report_memory(unsigned int subcode, PVOID arg, const char *text,
			  unsigned long caller)
{
	const struct ntpool_stop stop = {
		.code = NTPOOL_STOP_MEMORY_MANAGEMENT,
		.param = { subcode, (unsigned long)arg, 0, 0 },
		.addr_mask = BIT(1),
		.text = text,
		.caller = caller,
	};

	ntpool_report(&stop);
}

/* NT's section routines are pageable code themselves. */
static void check_irql(PVOID arg, unsigned long caller)
{
	if (!ntpool_paged_ok())
		ntpool_argument_report(NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL, arg, 0,
				       "a routine for sections was called above APC_LEVEL; it did its work",
				       (struct ntpool_stop){ .caller = caller });
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
 * MmLockPagableCodeSection() - lock the section that contains an address
 * @AddressWithinSection: address of a function of the driver
 *
 * Adds 1 to the count of the section. All code of a driver is one section. An address of data
 * locks the data section, as MmLockPagableDataSection() does.
 *
 * An address outside all drivers or in initialisation code is reported as 0x1A/0x1234 (second
 * parameter: the address). Above APC_LEVEL 0xA is reported (address, IRQL, 0, caller), and
 * the section is locked.
 *
 * Differs: code is always resident; a driver has one section for code, and a
 * lock taken after init prevents its unload.
 *
 * Context: IRQL <= APC_LEVEL.
 *
 * Return: a handle for MmLockPagableSectionByHandle() and MmUnlockPagableImageSection(); NULL
 * if no section has the address. All addresses of a section give the same handle. It is valid
 * while the driver is loaded.
 *
 * Contract: WDK, MmLockPagableCodeSection; the results for data and for an unknown address are
 * a choice.
 */
PVOID MmLockPagableCodeSection(PVOID AddressWithinSection)
{
	return lock_address(AddressWithinSection, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmLockPagableCodeSection);

/**
 * MmLockPagableDataSection() - lock the section that contains an address
 * @AddressWithinSection: address of static data of the driver
 *
 * As MmLockPagableCodeSection(), with the same errors. All static data of a driver, constant
 * or not, is one section. An address of code locks the code section.
 *
 * Differs: data are always resident; a driver has one section for data, and a
 * lock taken after init prevents its unload.
 *
 * Context: IRQL <= APC_LEVEL.
 *
 * Return: a handle; NULL if no section has the address.
 *
 * Contract: WDK, MmLockPagableDataSection.
 */
PVOID MmLockPagableDataSection(PVOID AddressWithinSection)
{
	return lock_address(AddressWithinSection, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmLockPagableDataSection);

/**
 * MmLockPagableSectionByHandle() - lock a section again
 * @ImageSectionHandle: result of one of the two routines above; the count may be 0
 *
 * Adds 1 to the count. A handle of no loaded driver is reported as 0x1A/0x1234 (second
 * parameter: the handle). Above APC_LEVEL 0xA is reported (handle, IRQL, 0, caller), and the
 * section is locked.
 *
 * Differs: an unknown handle is reported as 0x1A/0x1234 and nothing happens.
 *
 * Context: IRQL <= APC_LEVEL.
 *
 * Contract: WDK, MmLockPagableSectionByHandle; the alias MmLockPagableCodeSectionByHandle() is
 * a choice.
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
 * MmUnlockPagableImageSection() - remove one lock of a section
 * @ImageSectionHandle: result of the routine that locked it
 *
 * Takes 1 from the count; at 0 the section is pageable again. If the section is not locked,
 * or no loaded driver has the handle, nothing changes. Then 0x1A/0x1010 is reported (second
 * parameter: the handle). Above APC_LEVEL 0xA is reported (handle, IRQL, 0, caller), and the
 * section is unlocked.
 *
 * Differs: a section that is not locked is reported as 0x1A/0x1010 and nothing happens.
 *
 * Context: IRQL <= APC_LEVEL.
 *
 * Contract: WDK, MmUnlockPagableImageSection; the 1998 DDK allows PASSIVE_LEVEL only.
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
 * @AddressWithinSection: any address in the driver, also in initialisation code
 *
 * Linux pages out no kernel memory, so nothing changes, and locked sections keep their counts.
 * An unknown address is no error. Above APC_LEVEL 0xA is reported (address, IRQL, 0, caller).
 *
 * Differs: no memory is paged out.
 *
 * Context: IRQL <= APC_LEVEL.
 *
 * Return: base address of the driver's image; NULL for an unknown address.
 *
 * Contract: WDK, MmPageEntireDriver; NULL as in ReactOS.
 */
PVOID MmPageEntireDriver(PVOID AddressWithinSection)
{
	struct ntpool_client *client;
	PVOID base = NULL;

	check_irql(AddressWithinSection, _RET_IP_);
	rcu_read_lock();
	client = ntpool_client_of((unsigned long)AddressWithinSection);
	if (client)
		base = ntpool_module_base(client->mod);
	rcu_read_unlock();
	return base;
}
EXPORT_SYMBOL_GPL(MmPageEntireDriver);

/**
 * MmResetDriverPaging() - revert MmPageEntireDriver()
 * @AddressWithinSection: any address in the driver
 *
 * Nothing changes, as in MmPageEntireDriver(). An unknown address is no error. Above
 * APC_LEVEL 0xA is reported (address, IRQL, 0, caller).
 *
 * Context: IRQL <= APC_LEVEL.
 *
 * Contract: WDK, MmResetDriverPaging; the result for an unknown address is a choice.
 */
void MmResetDriverPaging(PVOID AddressWithinSection)
{
	check_irql(AddressWithinSection, _RET_IP_);
}
EXPORT_SYMBOL_GPL(MmResetDriverPaging);

/*
 * @function is __func__, constant data of the driver, so its address finds the driver.
 * The return address may belong to other code after a tail call.
 */
static void report_code(const char *function, const char *file, unsigned int line,
			const char *fault, unsigned long caller)
{
	char text[CHECK_TEXT];
	char name[MODULE_NAME_LEN] = "an unknown driver";
	struct ntpool_client *client;

	rcu_read_lock();
	client = ntpool_client_of((unsigned long)function);
	if (client)
		strscpy(name, client->name, sizeof(name));
	rcu_read_unlock();
	snprintf(text, sizeof(text), "%s() of %s, %s:%u, is pageable code and %s", function, name,
		 kbasename(file), line, fault);
	ntpool_argument_report(NTPOOL_STOP_MUST_BE_NONPAGED, (void *)caller, 0, text,
			       (struct ntpool_stop){ .caller = caller });
}

/**
 * NtpoolPagedCode() - implementation of PAGED_CODE()
 * @Function: __func__ of the pageable function
 * @File: its source file
 * @Line: line in @File
 *
 * Above APC_LEVEL, reports stop code 0xD3, DRIVER_PORTION_MUST_BE_NONPAGED (address in the
 * function, IRQL, 0, the same address). The sentence names driver, function and line. The
 * driver continues, because the code is resident. Without CONFIG_PREEMPT_COUNT a held spin
 * lock is not seen; see KeGetCurrentIrql().
 *
 * Context: any IRQL.
 *
 * Contract: WDK, PAGED_CODE. NT's macro is an assertion; the stop code is a choice.
 */
void NtpoolPagedCode(PCSTR Function, PCSTR File, ULONG Line)
{
	if (unlikely(!ntpool_paged_ok()))
		report_code(Function, File, Line, "runs above APC_LEVEL", _RET_IP_);
}
EXPORT_SYMBOL_GPL(NtpoolPagedCode);

/**
 * NtpoolPagedCodeLocked() - implementation of PAGED_CODE_LOCKED()
 * @Function: __func__ of the pageable function
 * @File: its source file
 * @Line: line in @File
 *
 * Reports as NtpoolPagedCode() if the calling driver's code is not locked. The check does not
 * depend on the IRQL, so it finds the error also in a call at PASSIVE_LEVEL.
 *
 * Context: any IRQL.
 *
 * Contract: WDK, PAGED_CODE_LOCKED; the stop code is a choice.
 */
void NtpoolPagedCodeLocked(PCSTR Function, PCSTR File, ULONG Line)
{
	struct ntpool_client *client;
	bool locked;

	rcu_read_lock();
	client = ntpool_client_of((unsigned long)Function);
	locked = client && READ_ONCE(section_of(client, PART_CODE)->locks);
	rcu_read_unlock();
	if (unlikely(!locked))
		report_code(Function, File, Line, "is not locked", _RET_IP_);
}
EXPORT_SYMBOL_GPL(NtpoolPagedCodeLocked);

struct section_rows {
	struct ntpool_section_row *row;
	size_t room;
	size_t used;
};

static void rows_count(struct ntpool_client *client, void *arg)
{
	struct section_rows *rows = arg;

	rows->room += PARTS;
}

static void rows_add(struct ntpool_client *client, void *arg)
{
	struct section_rows *rows = arg;
	struct ntpool_section_row *row;
	enum part part;

	for (part = 0; part < PARTS && rows->used < rows->room; part++) {
		row = &rows->row[rows->used++];
		strscpy(row->module, client->name, sizeof(row->module));
		row->section = part_name(part);
		row->locks = READ_ONCE(section_of(client, part)->locks);
	}
}

/* Drivers that are loaded between the two passes come next time. */
struct ntpool_section_row *ntpool_sections_snapshot(size_t *nr)
{
	struct section_rows rows = {};

	ntpool_client_for_each(rows_count, &rows);
	if (!ntpool_refused())
		rows.row = kvcalloc(max_t(size_t, rows.room, 1), sizeof(*rows.row), GFP_KERNEL);
	if (!rows.row)
		return NULL;
	ntpool_client_for_each(rows_add, &rows);
	*nr = rows.used;
	return rows.row;
}

static void section_removed(struct ntpool_client *client)
{
	enum part part;
	unsigned long locks;

	for (part = 0; part < PARTS; part++) {
		locks = READ_ONCE(section_of(client, part)->locks);
		if (locks)
			ntpool_report_leak("section %s of %s, locked %lu time%s", part_name(part),
					   client->name, locks, locks == 1 ? "" : "s");
	}
}

static const struct ntpool_client_watch section_watch = {
	.data_size = PARTS * sizeof(struct section),
	.removed = section_removed,
};

/**
 * ntpool_section_init() - register the watcher that names locked sections
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_section_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_SECTIONS, &section_watch);
	return 0;
}
