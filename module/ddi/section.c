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
 * The driver of an address is a client (base/client.c). Code that calls ntpool by other
 * means than the linker is in no known section, like memory that is not code or data
 * of any module.
 *
 * A handle is a number, client and section in one, and never given twice: the handle
 * of a driver that has gone is found out instead of followed.
 *
 * A locked section holds a reference to its module, taken with the first lock and
 * dropped with the last, so rmmod refuses ("in use") and NT's rule that all counts
 * are 0 at unload cannot be broken that way. While a module goes, in its exit
 * routine, no reference is to be had, and none is needed: it stays until that
 * returns. A failing init and a forced unload do not ask for references; locks
 * that are left then are named in the log, as other things that a driver leaves.
 *
 * Clients are found under RCU. locks_lock guards the
 * counts. It is a raw spin lock, because the routines do their work even where they
 * have just reported that they were called at too high an IRQL: nothing in them
 * sleeps, and a lock that is refused, or worse an unlock, would make one error two.
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
#include "base/report.h"
#include "ddi/section.h"
#include "init.h"
#include "memory/backing.h"

/* First parameters of stop code 0x1A. */
enum {
	NOT_LOCKED = 0x1010,
	NO_SECTION = 0x1234,
};

enum {
	CHECK_TEXT = 160,
};

/* A section found, valid under RCU. */
struct place {
	struct ntpool_client *client;
	enum ntpool_part part;
};

static DEFINE_RAW_SPINLOCK(locks_lock);

static const char *part_name(enum ntpool_part part)
{
	return part == NTPOOL_CODE ? "code" : "data";
}

/* Under RCU. */
static bool place_of(unsigned long addr, struct place *place)
{
	place->client = ntpool_client_of(addr);
	if (!place->client)
		return false;
	if (ntpool_module_has_code(place->client->mod, addr))
		place->part = NTPOOL_CODE;
	else if (ntpool_module_has_data(place->client->mod, addr))
		place->part = NTPOOL_DATA;
	else
		return false;
	return true;
}

static PVOID place_handle(const struct place *place)
{
	return (PVOID)(place->client->number * NTPOOL_PARTS + place->part);
}

/* Under RCU. */
static bool place_by_handle(PVOID handle, struct place *place)
{
	unsigned long value = (unsigned long)handle;

	place->part = value % NTPOOL_PARTS;
	place->client = ntpool_client_by_number(value / NTPOOL_PARTS);
	return place->client;
}

static void place_lock(const struct place *place)
{
	struct ntpool_section *section = &place->client->section[place->part];
	unsigned long flags;

	raw_spin_lock_irqsave(&locks_lock, flags);
	if (!section->locks)
		section->pinned = try_module_get(place->client->mod);
	WRITE_ONCE(section->locks, section->locks + 1);
	raw_spin_unlock_irqrestore(&locks_lock, flags);
}

/* False if it is not locked. */
static bool place_unlock(const struct place *place)
{
	struct ntpool_section *section = &place->client->section[place->part];
	unsigned long flags;
	bool locked;

	raw_spin_lock_irqsave(&locks_lock, flags);
	locked = section->locks;
	if (locked)
		WRITE_ONCE(section->locks, section->locks - 1);
	if (locked && !section->locks && section->pinned)
		module_put(place->client->mod);
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
	struct ntpool_client *client;

	rcu_read_lock();
	client = ntpool_client_of((unsigned long)function);
	snprintf(text, sizeof(text), "%s() of %s, %s:%u, is pageable code and %s", function,
		 client ? client->name : "an unknown driver", kbasename(file), line, fault);
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
	struct ntpool_client *client;
	bool locked;

	rcu_read_lock();
	client = ntpool_client_of((unsigned long)Function);
	locked = client && READ_ONCE(client->section[NTPOOL_CODE].locks);
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

	rows->room += NTPOOL_PARTS;
}

static void rows_add(struct ntpool_client *client, void *arg)
{
	struct section_rows *rows = arg;
	struct ntpool_section_row *row;
	enum ntpool_part part;

	for (part = 0; part < NTPOOL_PARTS && rows->used < rows->room; part++) {
		row = &rows->row[rows->used++];
		strscpy(row->module, client->name, sizeof(row->module));
		row->section = part_name(part);
		row->locks = READ_ONCE(client->section[part].locks);
	}
}

/* Drivers that are loaded between the two passes come next time. */
struct ntpool_section_row *ntpool_sections_snapshot(size_t *nr)
{
	struct section_rows rows = {};

	ntpool_client_for_each(rows_count, &rows);
	if (!ntpool_backing_refused())
		rows.row = kvcalloc(max_t(size_t, rows.room, 1), sizeof(*rows.row), GFP_KERNEL);
	if (!rows.row)
		return NULL;
	ntpool_client_for_each(rows_add, &rows);
	*nr = rows.used;
	return rows.row;
}

static void section_removed(const struct ntpool_client *client)
{
	enum ntpool_part part;
	unsigned long locks;

	for (part = 0; part < NTPOOL_PARTS; part++) {
		locks = READ_ONCE(client->section[part].locks);
		if (locks)
			ntpool_report_leak("section %s of %s, locked %lu times", part_name(part),
					   client->name, locks);
	}
}

static const struct ntpool_client_watch section_watch = {
	.removed = section_removed,
};

/**
 * ntpool_section_init() - name locked sections of drivers that go
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_section_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_SECTIONS, &section_watch);
	return 0;
}
