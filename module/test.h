/* SPDX-License-Identifier: GPL-2.0 */
/* Hooks for the KUnit suites. They exist only if the kernel has KUnit. */
#ifndef NTPOOL_TEST_H
#define NTPOOL_TEST_H

#include <linux/types.h>

struct module;

/* base/compat.c, by hooks/stub_hooks.c */

/*
 * Makes requests of ntpool for kernel memory fail: pages, vmalloc, descriptors, per-CPU
 * memory. @after requests succeed, then @times fail; @times < 0: all. (0, 0): off.
 */
void ntpool_test_fail_backing(int after, int times);
/* Requests since the last call of it; and the number that was made to fail. */
unsigned int ntpool_test_backing_calls(void);
unsigned int ntpool_test_backing_failed(void);
/* Requests that refill the reserve fail and count only if @on. */
void ntpool_test_hit_refill(bool on);
/* Sets the number of available pages that priorities compare; < 0: the real number. */
void ntpool_test_set_available(long pages);
/*
 * Whether the heaps keep empty pages for callers that the kernel gives none. They do so on
 * PREEMPT_RT. A page that is in stock already stays until the next drain.
 */
void ntpool_test_keep_stock(bool on);
/* Puts all records of tracking into one chain. No block may be tracked, here and when it ends. */
void ntpool_test_one_chain(bool on);

/* memory/pagemap.c, by hooks/pagemap_hooks.c */

/*
 * Ends the page map after @pages pages, as if the rest had been plugged in later. No block may
 * be allocated, cached or in the reserve, here and at ntpool_test_map_cover(). May sleep.
 */
void ntpool_test_map_cut(unsigned long pages);
/* Plugs the rest in again. May sleep. */
void ntpool_test_map_cover(void);
/*
 * Bounds the page map to @pages, for the next call of ntpool_test_map_cover(). Returns the bound
 * before.
 */
unsigned long ntpool_test_map_bound(unsigned long pages);
/* Plugs in twice the memory that the bound allows. Returns the bytes of the root. May sleep. */
unsigned long ntpool_test_map_far_cover(void);
/*
 * True if the tables for other addresses have no entry and no place. The window counts only
 * where it is covered.
 */
bool ntpool_test_map_far_is_empty(void);
/* True if the table of vmalloc space covers @p. */
bool ntpool_test_map_in_window(const void *p);
/*
 * Lets that table cover its window, or nothing. The conditions are those of
 * ntpool_test_map_cut(). May sleep.
 */
void ntpool_test_map_window(bool on);
/* True if the table of the linear map covers @p. */
bool ntpool_test_map_has(const void *p);

/* memory/area.c, by hooks/area_hooks.c, and hooks/hooks.c */

enum ntpool_test_kind {
	NTPOOL_TEST_OTHER,
	NTPOOL_TEST_POOL,	/* carved, or part of a run */
	NTPOOL_TEST_GUARD,
	NTPOOL_TEST_RECORD,	/* bookkeeping; behind a guard if there was memory */
};

/* Returns the use of the page of the linear map at @p. */
enum ntpool_test_kind ntpool_test_page_kind(const void *p);
/* The same, but does not know NTPOOL_TEST_POOL. */
enum ntpool_test_kind ntpool_test_area_kind(const void *p);
/* Returns the number of records in chunks: bookkeeping that an overrun does not reach. */
long ntpool_test_records(void);
/* Return the bookkeeping of the client with the code at @addr, and of verifier/tags; or NULL. */
const void *ntpool_test_client(unsigned long addr);
const void *ntpool_test_filter(void);
/* Remembers the name of a call site, as when its code is freed. May sleep. */
void ntpool_test_remember(unsigned long caller);
/*
 * Returns @nr pages of bookkeeping as for large objects where the kernel has no adjacent pages, or
 * NULL. May sleep.
 */
void *ntpool_test_spread(unsigned long nr);
/*
 * Returns @nr pages of bookkeeping behind a guard, or a spread object, or NULL; and frees either.
 * The first may sleep, the second where it frees a spread object.
 */
void *ntpool_test_guarded(unsigned long nr);
void ntpool_test_guarded_free(void *p);
/* Checks up to @nr pieces of the next guard. True if the last one was among them. May sleep. */
bool ntpool_test_guard_pieces(unsigned int nr);
/* Checks guards as the periodic scan does. May sleep. */
void ntpool_test_guard_scan(void);

/* hooks/stub_hooks.c, account/quota.c and pool/reserve.c */

/* Charges kernel threads as well: suites run in one. */
void ntpool_test_charge_kthreads(bool on);
/* Sets the parameter quota_paged or quota_nonpaged. */
void ntpool_test_set_quota(bool paged, unsigned long bytes);
/* Returns the number of pages in the reserve. */
unsigned int ntpool_test_reserve(void);
/* Sets must_succeed_pages, and waits for one run of the worker. May sleep. */
void ntpool_test_set_reserve(unsigned int pages);

/* heap/heap.c, by hooks/heap_hooks.c */

/*
 * Calls @fn with a page of this node that is in the page map, but in no heap yet. Then the heap
 * gets it. Returns false without memory. May sleep.
 */
bool ntpool_test_page_not_added(bool paged, void (*fn)(void *base, void *arg), void *arg);

/* heap/age.c */

/* If @manual, only ntpool_test_age_scan() scans caches, no timer does. May sleep. */
void ntpool_test_age(bool manual);
/* Runs one scan. True if the timer would scan again. May sleep. */
bool ntpool_test_age_scan(void);

/* lists/lookaside_balance.c */

/* If @manual, only ntpool_test_balance_scan() scans lists, no timer. May sleep. */
void ntpool_test_balance(bool manual);
/* Runs one scan of all lists. True if the timer would scan again. May sleep. */
bool ntpool_test_balance_scan(void);

/* hooks/hooks.c, observe/debugfs.c, verify/, and the reports of hooks/stub_hooks.c */

/* Number of times that work too long for a raw lock was done under it. Any context. */
unsigned int ntpool_test_long_locked(void);
/* Makes S-lists take locks, as on a CPU without the exchange of two words. May sleep. */
void ntpool_test_slist_locked(bool on);
/* True if @tag has counters on each CPU. */
bool ntpool_test_tag_is_hot(u32 tag);
/* Sets how many chunks of counters hot tags may have. Returns the number before. */
unsigned int ntpool_test_hot_most(unsigned int most);
/* Drains all CPUs' caches to the heaps, and frees empty pages. May sleep. */
void ntpool_test_drain(void);
/* Number of depots that have more room than from the start. Any context. */
unsigned int ntpool_test_depots_enlarged(void);
/* Returns the bytes of the cache of @cpu: of its structure and its slots, not of blocks. */
size_t ntpool_test_cache_bytes(int cpu, bool paged);
/* Bytes that the caches of the nonpaged pool hold. Any context. */
unsigned long ntpool_test_cached(void);
/* Returns the pages that the shrinker promises. */
unsigned long ntpool_test_shrinkable(void);
/* Checks every heap under its lock. Returns 0, or -EUCLEAN if one is inconsistent. */
int ntpool_test_check_heaps(void);
/*
 * Prints the debugfs file @name to @buf, NUL terminated. Returns the length, or -ENOENT,
 * -ENOMEM, -E2BIG if @size is too small. May sleep.
 */
ssize_t ntpool_test_show(const char *name, char *buf, size_t size);
/* Sets the bits as a write to verifier/flags does. May sleep. */
int ntpool_test_set_verifier(unsigned long flags);
/* Writes @text to the debugfs file @name. Returns 0 or an error. May sleep. */
int ntpool_test_write(const char *name, const char *text);
/* Set the parameters special_start and sample_ms. The second may sleep. */
void ntpool_test_special_start(bool at_start);
int ntpool_test_sample(unsigned int ms);
/*
 * Writes the addresses of the first @room tracked blocks to @addr, unless that is NULL. Returns the
 * number of all. May sleep.
 */
size_t ntpool_test_tracked(void **addr, size_t room);
/*
 * Keeps the names of the frames of tracked blocks that are in @mod, as when it is unloaded. Returns
 * how many names have come. May sleep.
 */
unsigned int ntpool_test_track_frames(const struct module *mod);
/* Returns how many names of frames are kept. May sleep. */
unsigned int ntpool_test_frame_names(void);
/* Handles a page fault at @addr by the instruction at @ip. True if it was reported. */
bool ntpool_test_fault(unsigned long addr, bool write, unsigned long ip);

/**
 * struct ntpool_test_report - a report that was recorded instead of printed
 * @code: stop code
 * @param: its parameters, not hashed
 * @text: the sentence
 * @tag: tag of the block concerned, 0 if the report has none
 * @size: its size
 * @damaged: tag and size come from a damaged header
 * @caller: call site
 * @caller_of: return address of the function that has the call site; 0: not known
 * @allocator: call site of the allocation, 0 if the report has none
 * @allocated: call site in the stack of the allocation, 0 if the report has no such stack
 * @freed: likewise, of the first free
 * @before: tag of the block before, 0 if the report has none
 */
struct ntpool_test_report {
	u32 code;
	u64 param[4];
	char text[160];
	u32 tag;
	size_t size;
	bool damaged;
	unsigned long caller;
	unsigned long caller_of;
	unsigned long allocator;
	unsigned long allocated;
	unsigned long freed;
	u32 before;
};

#define NTPOOL_TEST_REPORTS	64

/* Empties the table and records reports; or prints them again and keeps the table. */
void ntpool_test_expect_reports(bool on);
/* Returns the number of reports that are not printed yet. Any context. */
unsigned int ntpool_test_reports_waiting(void);
/* Does what follows the init of @mod; NULL: of ntpool, if that is no module, nothing. Sleeps. */
void ntpool_test_module_live(struct module *mod);
/* Calls @fn after each recorded report, in its context, as a console driver. NULL: none. */
void ntpool_test_on_report(void (*fn)(void));
/*
 * Returns the number of recorded reports. Copies the first ones, at most @max and
 * NTPOOL_TEST_REPORTS.
 */
unsigned int ntpool_test_reports(struct ntpool_test_report *out, unsigned int max);

#endif
