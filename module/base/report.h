/* SPDX-License-Identifier: GPL-2.0 */
/* Reports of violations, and single lines, in the kernel log. */
#ifndef NTPOOL_REPORT_H
#define NTPOOL_REPORT_H

#include <linux/printk.h>

#include "base/types.h"

struct ntpool_stack;

/* NT's stop codes that ntpool reports. */
enum ntpool_stop_code {
	NTPOOL_STOP_IRQL_NOT_LESS_OR_EQUAL = 0x0a,
	NTPOOL_STOP_BAD_POOL_HEADER = 0x19,
	NTPOOL_STOP_MEMORY_MANAGEMENT = 0x1a,
	NTPOOL_STOP_QUOTA_UNDERFLOW = 0x21,
	NTPOOL_STOP_MUST_SUCCEED_EMPTY = 0x41,
	NTPOOL_STOP_SPECIAL_POOL = 0xc1,
	NTPOOL_STOP_BAD_POOL_CALLER = 0xc2,
	NTPOOL_STOP_VERIFIER = 0xc4,
	NTPOOL_STOP_MODIFIED_FREED_POOL = 0xc6,
	NTPOOL_STOP_FREED_SPECIAL = 0xcc,
	NTPOOL_STOP_BEYOND_END = 0xcd,
	NTPOOL_STOP_UNLOADED_WITHOUT_CANCELLING = 0xce,
	NTPOOL_STOP_MUST_BE_NONPAGED = 0xd3,
	NTPOOL_STOP_DRIVER_FREED = 0xd5,
	NTPOOL_STOP_DRIVER_BEYOND_END = 0xd6,
};

/* Bytes for a sentence of struct ntpool_stop that is formatted at run time. */
#define NTPOOL_STOP_SENTENCE	128

/**
 * struct ntpool_stop - one violation, complete
 * @code: NT's stop code
 * @name: name of the code; NULL: the name that report.c has for it
 * @param: its four parameters
 * @addr_mask: bit n set: param[n] is an address, printed hashed
 * @text: one sentence that describes the violation
 * @has_tag: @tag and @size are known
 * @damaged: they were read from a header that was overwritten
 * @tag: tag of the block concerned
 * @size: bytes that the driver requested
 * @caller: call site of the routine that found the violation; 0 if not known
 * @allocator: call site that allocated the block; 0 if not known
 * @before: the block in front of that one in memory; NULL if not known
 * @called: stack of the call that is wrong; ntpool_report() records it
 * @allocated: stack of the allocation; NULL if not known
 * @freed: stack of the free; NULL if not known
 */
struct ntpool_stop {
	enum ntpool_stop_code code;
	const char *name;
	u64 param[4];
	unsigned int addr_mask;
	const char *text;
	bool has_tag;
	bool damaged;
	u32 tag;
	size_t size;
	unsigned long caller;
	unsigned long allocator;
	const struct ntpool_block *before;
	const struct ntpool_stack *called;
	const struct ntpool_stack *allocated;
	const struct ntpool_stack *freed;
};

/*
 * Prints the report as one block of lines, or leaves it to the CPU that is printing one. If
 * the parameter bugcheck is "panic", the machine stops afterwards. Context: any, NMI included.
 */
void ntpool_report(const struct ntpool_stop *stop);

/**
 * struct ntpool_violation - a kind of violation: the parts that its reports share
 * @code: NT's stop code
 * @subcode: first parameter, where the code has subcodes
 * @addr_mask: as in struct ntpool_stop
 * @text: as in struct ntpool_stop
 *
 * A file with several kinds usually has one table of them. A violation whose first parameter is
 * no constant, or whose text its caller chooses, usually fills a struct ntpool_stop instead.
 */
struct ntpool_violation {
	enum ntpool_stop_code code;
	u64 subcode;
	unsigned int addr_mask;
	const char *text;
};

/*
 * ntpool_report() of @stop with the code, first parameter, address mask and text of
 * @kind. Context: any, NMI included.
 */
void ntpool_report_kind(const struct ntpool_violation *kind, struct ntpool_stop stop);

/* Number of violations, those that were left out included. Context: any. */
unsigned long ntpool_report_violations(void);
/* Counts @nr violations that get no report of their own, as left out. Any context. */
void ntpool_report_omitted(unsigned int nr);
/* Waits until all reports made so far are in the log. Sleeps, without a lock. */
void ntpool_report_settle(void);
/* Prints how many reports were left out, after the last one. May sleep. */
void ntpool_report_exit(void);

/* Lines that are no report. No report interleaves with them. Context: any but NMI. */
__printf(1, 2) void ntpool_report_line(const char *fmt, ...);
__printf(3, 4) void ntpool_report_allocated(const struct ntpool_stack *stack, u64 now,
					    const char *fmt, ...);

/* One line about something that a driver did not free. */
#define NTPOOL_LEAK	KERN_WARNING KBUILD_MODNAME ": leak: "
#define ntpool_report_leak(fmt, ...) \
	ntpool_report_line(NTPOOL_LEAK fmt "\n", __VA_ARGS__)
/* No memory to search for leaks. @driver: name of the module, or text for several. */
#define ntpool_report_leak_unknown(driver) \
	ntpool_report_leak("out of memory, not known what %s left", driver)

#endif
