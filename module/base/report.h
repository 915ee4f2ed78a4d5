/* SPDX-License-Identifier: GPL-2.0 */
/* Everything that ntpool says in the kernel log. */
#ifndef NTPOOL_REPORT_H
#define NTPOOL_REPORT_H

#include "ntpool.h"

struct ntp_site;
struct ntp_stack;

/* NT's stop codes that ntpool reports. */
enum ntp_stop_code {
	NTP_STOP_IRQL_NOT_LESS_OR_EQUAL = 0x0a,
	NTP_STOP_BAD_POOL_HEADER = 0x19,
	NTP_STOP_MEMORY_MANAGEMENT = 0x1a,
	NTP_STOP_QUOTA_UNDERFLOW = 0x21,
	NTP_STOP_MUST_SUCCEED_EMPTY = 0x41,
	NTP_STOP_SPECIAL_POOL = 0xc1,
	NTP_STOP_BAD_POOL_CALLER = 0xc2,
	NTP_STOP_VERIFIER = 0xc4,
	NTP_STOP_MODIFIED_FREED_POOL = 0xc6,
	NTP_STOP_FREED_SPECIAL = 0xcc,
	NTP_STOP_BEYOND_END = 0xcd,
	NTP_STOP_UNLOADED_WITHOUT_CANCELLING = 0xce,
	NTP_STOP_MUST_BE_NONPAGED = 0xd3,
	NTP_STOP_DRIVER_FREED = 0xd5,
	NTP_STOP_DRIVER_BEYOND_END = 0xd6,
};

/* Room for a sentence that is put together. */
#define NTP_STOP_SENTENCE	128

/**
 * struct ntp_stop - one violation, complete
 * @code: NT's stop code
 * @name: its name, where enum ntp_stop_code has none for it; else NULL
 * @param: its four parameters
 * @addr_mask: bit n set: param[n] is an address, printed hashed
 * @text: one sentence that says what happened
 * @has_tag: @tag and @size are known
 * @tag: tag of the block concerned
 * @size: bytes the driver had requested
 * @caller: the call that was refused or reported; 0 if not known
 * @allocator: the call that allocated the block; 0 if not known
 * @allocated: the same with its stack; NULL if not known
 * @freed: the call that freed the block; NULL if not known
 */
struct ntp_stop {
	enum ntp_stop_code code;
	const char *name;
	u64 param[4];
	unsigned int addr_mask;
	const char *text;
	bool has_tag;
	u32 tag;
	size_t size;
	unsigned long caller;
	unsigned long allocator;
	const struct ntp_stack *allocated;
	const struct ntp_stack *freed;
};

/*
 * Prints the report as one block of lines that no other report interleaves, and
 * panics afterwards if the parameter bugcheck says so. Every context, NMI too.
 */
void ntp_report(const struct ntp_stop *stop);
/* How many there were, those left out included. */
unsigned long ntp_report_violations(void);
/* Says what is still to be said; after the last report. Sleeps. */
void ntp_report_exit(void);

/* Tag as printed: 4 characters, others than graphic ASCII as \ooo. */
#define NTP_TAG_TEXT	17
void ntp_tag_text(u32 tag, char *buf);
/* Orders tags as their texts: < 0, 0, > 0. */
int ntp_tag_cmp(u32 a, u32 b);

/* One line for the blocks that one call site left. */
void ntp_report_leak(const struct ntp_site *site);
/* @who: the module, or a word for several of them. */
void ntp_report_leak_total(const char *who, unsigned long blocks, unsigned long bytes);
/* There is no memory to find out. */
void ntp_report_leak_unknown(const char *who);
/* @kind: as ntp_kind_name() has it. @creator: the call that initialised the list. */
void ntp_report_leaked_list(const char *kind, u32 tag, unsigned long creator);

struct ntp_track;

/* The driver @who goes and has not freed these. */
void ntp_report_unfreed(const char *who, const struct ntp_track *tracks, size_t nr);

/* A section that is locked for ever. @section: its name, in the module @who. */
void ntp_report_leaked_section(const char *section, const char *who, unsigned long locks);

/* test.c: true if a test collects the reports; nothing is printed then. */
#if IS_ENABLED(CONFIG_KUNIT)
bool ntp_report_recorded(const struct ntp_stop *stop);
#else
static inline bool ntp_report_recorded(const struct ntp_stop *stop)
{
	return false;
}
#endif

#endif
