// SPDX-License-Identifier: GPL-2.0
/*
 * The verifier: decides how a request is served, and checks calls while it is on.
 *
 * Driver Verifier stands between a driver and the pool from the next boot on. Here it is one
 * word that ntpool_alloc() compares with 0, and it can be switched at any time. It is no static
 * key: switching one interrupts all CPUs, and sampling would do that many times a second.
 * KFENCE came to the same conclusion.
 *
 * While the verifier is on, the front end calls ntpool_verify_begin() for each request. It checks
 * the arguments, and decides whether the request fails (fault.c) or is served from special
 * pool (special.c). After the request ntpool_verify_end() counts it and tracks the block
 * (track.c).
 *
 * The block's header has NTPOOL_HDR_VERIFIED. Its free calls ntpool_verify_free() because of that
 * flag, whichever bits are set by then. So records do not stay behind if the verifier is
 * switched off. Blocks allocated before it was switched on are not checked, as on NT.
 *
 * The arguments are checked under any bits. So is whether memory that is freed contains a
 * lookaside list or a zone. Those live in a higher folder, which registers a function.
 *
 * Reports, with NT's stop codes, besides those of the other files of this folder:
 *
 *	no bytes					0xC4/0x00
 *	more than a page of MustSucceed			0xC4/0x03
 *	tag 0						0xC2/0x9B
 *	tag BIG						0xC2/0x9C
 *	tag without letter or digit, or a size		0xC2/0x9D
 *	tag that cannot be printed, as a pointer	0xC2/0x9D
 *	a type or flags that do not exist		0xC4/0x16; refused
 *	allocation above DISPATCH_LEVEL (0x2)		0xC4/0x02
 *	free above DISPATCH_LEVEL (0x2)			0xC4/0x12
 *	pool and lookaside list mixed up (0x8)		0xC4/0x13E
 *	wrong size for the list (0x8)			0xC4/0x13F
 *
 * After a report the request is served if that is possible. Requests of the Mm routines are
 * checked in pool/contig.c. A new code, not only a new subcode, also needs base/report.h,
 * base/text.c and tools/packaging/ntpool.4.scd. The table of detected errors is measured by
 * nt_detect.c, detect.sh and detect.py in tools/system/.
 *
 * Locking: verifier_mutex serialises changes of the bits; nothing is printed or reported under it.
 * ntpool_verifier_state is changed by atomic operations only. Watchers are read under RCU.
 * Contexts: any but NMI for begin, end and free.
 */
#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/sysfs.h>
#include <linux/wait_bit.h>

#include "base/irql.h"
#include "base/param.h"
#include "base/report.h"
#include "base/text.h"
#include "heap/heap.h"
#include "heap/run_cache.h"
#include "parts.h"
#include "special/special.h"
#include "verify/argument.h"
#include "verify/fault.h"
#include "verify/filter.h"
#include "verify/freed.h"
#include "verify/sample.h"
#include "verify/track.h"
#include "verify/verify.h"

enum {
	NO_BYTES,
	MUST_ABOVE_PAGE,
	TAG_IS_ZERO,
	TAG_IS_BIG,
	TAG_IS_SIZE,
	TAG_IS_BLANK,
	TAG_IS_UNPRINTABLE,
	NO_SUCH_TYPE,
	NO_SUCH_FLAGS,
	TYPE_IS_FLAGS,
	FLAGS_IS_TYPE,
	ALLOC_IRQL,
	FREE_IRQL,
	LIST_TO_POOL,
	POOL_TO_LIST,
	OTHER_LIST,
	OTHER_SIZE,
};

static const struct ntpool_violation kinds[] = {
	[NO_BYTES] = { NTPOOL_STOP_VERIFIER, 0x00, 0,
		"no bytes of pool were asked for" },
	[MUST_ABOVE_PAGE] = { NTPOOL_STOP_VERIFIER, 0x03, 0,
		"more than a page of MustSucceed pool was asked for" },
	[TAG_IS_ZERO] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x9b, 0,
		"pool was asked for with tag 0" },
	[TAG_IS_BIG] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x9c, 0,
		"pool was asked for with the tag BIG, which is the system's" },
	[TAG_IS_SIZE] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x9d, 0,
		"pool was asked for with size and tag swapped" },
	[TAG_IS_BLANK] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x9d, 0,
		"pool was asked for with a tag that has no letter or digit" },
	[TAG_IS_UNPRINTABLE] = { NTPOOL_STOP_BAD_POOL_CALLER, 0x9d, 0,
		"pool was asked for with a tag that cannot be printed, as if it were a pointer" },
	[NO_SUCH_TYPE] = { NTPOOL_STOP_VERIFIER, 0x16, 0,
		"pool was asked for with a POOL_TYPE that does not exist" },
	[NO_SUCH_FLAGS] = { NTPOOL_STOP_VERIFIER, 0x16, 0,
		"pool was asked for with POOL_FLAGS that do not exist" },
	[TYPE_IS_FLAGS] = { NTPOOL_STOP_VERIFIER, 0x16, 0,
		"pool was asked for with POOL_FLAGS where a POOL_TYPE belongs, as it seems" },
	[FLAGS_IS_TYPE] = { NTPOOL_STOP_VERIFIER, 0x16, 0,
		"pool was asked for with a POOL_TYPE where POOL_FLAGS belong, as it seems" },
	[ALLOC_IRQL] = { NTPOOL_STOP_VERIFIER, 0x02, 0,
		"nonpaged pool was asked for above DISPATCH_LEVEL" },
	[FREE_IRQL] = { NTPOOL_STOP_VERIFIER, 0x12, BIT(3),
		"nonpaged pool was freed above DISPATCH_LEVEL" },
	[LIST_TO_POOL] = { NTPOOL_STOP_VERIFIER, 0x13e, BIT(3),
		"a block of a lookaside list was freed to the pool" },
	[POOL_TO_LIST] = { NTPOOL_STOP_VERIFIER, 0x13e, BIT(3),
		"a block of the pool was freed to a lookaside list" },
	[OTHER_LIST] = { NTPOOL_STOP_VERIFIER, 0x13e, BIT(3),
		"a block was freed to another list than it came from" },
	[OTHER_SIZE] = { NTPOOL_STOP_VERIFIER, 0x13f, BIT(3),
		"a block was freed to a list of another size" },
};

#define TAG_BIG		0x00474942U	/* "BIG" */
#define TAG_BIG_BLANK	0x20474942U	/* "BIG " */

static DEFINE_MUTEX(verifier_mutex);	/* serialises changes of the bits */
static bool verifier_started;		/* under verifier_mutex */
static bool verifier_over;		/* under verifier_mutex */
static bool verifier_lacks_special;	/* the machine has none; set once, under verifier_mutex */
static atomic_t verifier_settling;	/* changes that still wait for the watchers */

/* Set and cleared by inits and exits of parts, which one task runs. notify_ranges() uses RCU. */
static const struct ntpool_verifier_watch *watches[NTPOOL_VERIFIER_WATCHERS];

/* Calls all watchers for a range of memory, see struct ntpool_verifier_watch. */
static void notify_ranges(void *p, size_t size, unsigned long caller)
{
	const struct ntpool_verifier_watch *watch;
	unsigned int i;

	for (i = 0; i < NTPOOL_VERIFIER_WATCHERS; i++) {
		rcu_read_lock();
		watch = READ_ONCE(watches[i]);
		if (watch)
			watch->range(p, size, caller);
		rcu_read_unlock();
	}
}

void ntpool_verifier_register(enum ntpool_verifier_watcher which,
			      const struct ntpool_verifier_watch *watch)
{
	WRITE_ONCE(watches[which], watch);
	if (!watch)
		synchronize_rcu();
}

/* Sets the bits. The sampler changes its bit of the word at the same time. */
static void bits_set(unsigned long bits)
{
	unsigned long old = READ_ONCE(ntpool_verifier_state);

	while (!try_cmpxchg(&ntpool_verifier_state, &old, (old & ~NTPOOL_VERIFIER_BITS) | bits))
		;
}

/* Creates special pool and table if @bits need them. Without special pool ordinary pool serves. */
static int bits_prepare(unsigned long bits)
{
	int err = 0;

	lockdep_assert_held(&verifier_mutex);
	if (bits & NTPOOL_VERIFY_SPECIAL)
		err = ntpool_special_start(NTPOOL_SPECIAL_VERIFIER);
	if (err == -EOPNOTSUPP)
		verifier_lacks_special = true;
	else if (err)
		return err;
	return bits & NTPOOL_VERIFY_TRACK ? ntpool_track_start() : 0;
}

/* Ends what @bits do not need. */
static void bits_finish(unsigned long bits)
{
	if (!(bits & NTPOOL_VERIFY_SPECIAL))
		ntpool_special_stop(NTPOOL_SPECIAL_VERIFIER);
}

/* Notifies the watchers of new bits. Called under verifier_mutex. */
static void bits_follow(unsigned long bits)
{
	unsigned int i;

	lockdep_assert_held(&verifier_mutex);
	/* If all bits are 0, the watchers are not called for allocations and frees from here on. */
	if (!bits)
		notify_ranges(NULL, SIZE_MAX, 0);
	for (i = 0; i < NTPOOL_VERIFIER_WATCHERS; i++)
		if (watches[i] && watches[i]->switched)
			watches[i]->switched(bits);
}

/* No lock is held while a console works. */
static void lack_print(void)
{
	if (READ_ONCE(verifier_lacks_special))
		pr_warn_once("ntpool: there is no special pool on this machine\n");
}

/*
 * Waits for what the watchers and special pool have begun. Free routines of drivers may run
 * meanwhile, and the worker of special pool may report, so no lock is held.
 */
static void bits_settle(unsigned long bits)
{
	unsigned int i;

	lack_print();
	if (!(bits & NTPOOL_VERIFY_SPECIAL))
		ntpool_special_settle();
	for (i = 0; i < NTPOOL_VERIFIER_WATCHERS; i++)
		if (watches[i] && watches[i]->settle)
			watches[i]->settle();
	if (atomic_dec_and_test(&verifier_settling))
		wake_up_var(&verifier_settling);
}

static int bits_change(unsigned long bits)
{
	int err = 0;

	lockdep_assert_held(&verifier_mutex);
	if (verifier_started)
		err = bits_prepare(bits);
	if (err) {
		bits_finish(ntpool_verifier());
		return err;
	}
	/* Before the bit is set: then allocations check whether the delay is over. */
	if (bits & ~ntpool_verifier() & NTPOOL_VERIFY_FAULTS)
		ntpool_fault_restart();
	bits_set(bits);
	if (verifier_started)
		bits_follow(bits);
	bits_finish(bits);
	return 0;
}

/**
 * ntpool_verifier_set() - change the verifier's bits
 * @bits: new value of all of them, see NTPOOL_VERIFIER_BITS
 *
 * When it returns, every lookaside list uses the new bits. A Free routine that the system
 * has called returns earlier: blocks may still be cached.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL if @bits has an unknown bit, -ENOMEM if special pool or the table
 * of tracking cannot be created. After an error nothing has changed.
 */
int ntpool_verifier_set(unsigned long bits)
{
	int err;

	if (bits & ~NTPOOL_VERIFIER_BITS)
		return -EINVAL;
	mutex_lock(&verifier_mutex);
	err = verifier_over ? -ENODEV : bits_change(bits);
	if (!err)
		atomic_inc(&verifier_settling);
	mutex_unlock(&verifier_mutex);
	if (!err)
		bits_settle(bits);
	return err;
}

/**
 * ntpool_verifier_init() - start the verifier with the bits of the command line
 *
 * If there is no memory for one of them, the module loads without it.
 *
 * Context: process context; the watchers have registered.
 * Return: 0.
 */
int ntpool_verifier_init(void)
{
	unsigned long bits;
	int err;

	mutex_lock(&verifier_mutex);
	verifier_started = true;
	bits = ntpool_verifier();
	err = bits_prepare(bits);
	if (bits & NTPOOL_VERIFY_FAULTS)
		ntpool_fault_restart();
	bits_follow(bits);
	mutex_unlock(&verifier_mutex);
	lack_print();
	if (err)
		pr_warn("ntpool: no memory for all of the verifier\n");
	return 0;
}

/*
 * Switches the verifier off. The watchers forget all memory. @switched is not called, because
 * each watcher stops in its own exit.
 */
void ntpool_verifier_exit(void)
{
	mutex_lock(&verifier_mutex);
	verifier_started = false;
	verifier_over = true;
	bits_set(0);
	notify_ranges(NULL, SIZE_MAX, 0);
	mutex_unlock(&verifier_mutex);
	wait_var_event(&verifier_settling, !atomic_read(&verifier_settling));
}

static int verifier_set(const char *val, const struct kernel_param *kp)
{
	unsigned long bits;

	if (kstrtoul(val, 0, &bits))
		return -EINVAL;
	return ntpool_verifier_set(bits);
}

static int verifier_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%lu\n", ntpool_verifier());
}

static const struct kernel_param_ops verifier_ops = {
	.set = verifier_set,
	.get = verifier_get,
};

module_param_cb(verifier, &verifier_ops, NULL, 0644);
MODULE_PARM_DESC(verifier,
		 "Driver Verifier's flags, 0 to 0xf: 0x1 special pool, 0x2 force IRQL checking, 0x4 low resources simulation, 0x8 pool tracking; any of them switches lookaside lists off (default 0)");

/* Returns NT's number of the pool type that was requested. */
static unsigned int request_type(const struct ntpool_request *req)
{
	return req->type | (req->flags & NTPOOL_MUST ? 2 : 0) |
	       (req->flags & NTPOOL_ALIGNED ? 4 : 0);
}

static void report_request(const struct ntpool_violation *kind, const struct ntpool_request *req)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = {
			0, ntpool_irql(), request_type(req),
			kind->code == NTPOOL_STOP_BAD_POOL_CALLER ? req->tag : req->size,
		},
		.has_tag = true,
		.tag = req->tag,
		.size = req->size,
		.caller = req->caller,
	});
}

/* True for four printable characters. */
static bool looks_like_tag(size_t value)
{
	unsigned int i;

	if (value > U32_MAX)
		return false;
	for (i = 0; i < 4; i++, value >>= 8)
		if (!isascii(value & 0xff) || !isprint(value & 0xff))
			return false;
	return true;
}

/* NT accepts a tag only with one of these. */
static bool has_letter_or_digit(u32 tag)
{
	for (; tag; tag >>= 8)
		if (isascii(tag & 0xff) && isalnum(tag & 0xff))
			return true;
	return false;
}

/* True if each character is printable or NUL. */
static bool is_printable(u32 tag)
{
	for (; tag; tag >>= 8)
		if ((tag & 0xff) && (!isascii(tag & 0xff) || !isprint(tag & 0xff)))
			return false;
	return true;
}

void ntpool_verify_tag(const struct ntpool_request *req)
{
	if (!req->tag)
		report_request(&kinds[TAG_IS_ZERO], req);
	else if (req->tag == TAG_BIG || req->tag == TAG_BIG_BLANK)
		report_request(&kinds[TAG_IS_BIG], req);
	else if (!looks_like_tag(req->tag) && looks_like_tag(req->size))
		report_request(&kinds[TAG_IS_SIZE], req);
	else if (!has_letter_or_digit(req->tag))
		report_request(&kinds[TAG_IS_BLANK], req);
	else if (!is_printable(req->tag))
		report_request(&kinds[TAG_IS_UNPRINTABLE], req);
}

static void report_kind_refused(const struct ntpool_violation *kind,
				const struct ntpool_verify_refusal *refusal)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, ntpool_irql(), refusal->given, refusal->size },
		.has_tag = true,
		.tag = refusal->tag,
		.size = refusal->size,
		.caller = refusal->caller,
	});
}

void ntpool_verify_refused(const struct ntpool_verify_refusal *refusal)
{
	const struct ntpool_request req = {
		.size = refusal->size,
		.tag = refusal->tag,
		.caller = refusal->caller,
	};

	if (!refusal->size)
		report_request(&kinds[NO_BYTES], &req);
	else if (!refusal->tag)
		report_request(&kinds[TAG_IS_ZERO], &req);
	else if (refusal->is_flags)
		report_kind_refused(&kinds[refusal->is_other ? FLAGS_IS_TYPE : NO_SUCH_FLAGS],
				    refusal);
	else
		report_kind_refused(&kinds[refusal->is_other ? TYPE_IS_FLAGS : NO_SUCH_TYPE],
				    refusal);
}

static void check_request(const struct ntpool_request *req)
{
	if (!req->size)
		report_request(&kinds[NO_BYTES], req);
	ntpool_verify_tag(req);
	if ((req->flags & NTPOOL_MUST) && req->size > PAGE_SIZE)
		report_request(&kinds[MUST_ABOVE_PAGE], req);
	if (req->type == NTPOOL_NONPAGED && ntpool_verify_is_above(NTPOOL_DISPATCH_LEVEL))
		report_request(&kinds[ALLOC_IRQL], req);
}

/* True if low resources simulation makes this request fail; counts that. */
static bool is_refused(const struct ntpool_request *req)
{
	bool hit = !(req->flags & NTPOOL_MUST) &&
		   ntpool_filter_hits(req->tag, req->size, req->caller) &&
		   ntpool_fault_hits(req->tag, req->size, req->caller);

	if (hit)
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_DELIBERATE]);
	return hit;
}

bool ntpool_verify_refuses(size_t size, u32 tag, unsigned long caller)
{
	const struct ntpool_request req = { .size = size, .tag = tag, .caller = caller };

	return (ntpool_verifier() & NTPOOL_VERIFY_FAULTS) && is_refused(&req);
}

/* True if special pool may serve the request. It has no memory of a given node. */
static bool is_for_special(const struct ntpool_request *req, size_t max)
{
	return req->size <= max && !(req->flags & NTPOOL_NODE) &&
	       ntpool_filter_hits(req->tag, req->size, req->caller);
}

/* Tracks the block at @p, or counts that there was no memory to do so. */
static void request_track(const struct ntpool_request *req, void *p)
{
	const struct ntpool_track_block block = {
		.addr = p,
		.size = req->size,
		.tag = req->tag,
		.type = req->type,
		.for_list = req->flags & NTPOOL_FOR_LIST,
	};

	if (ntpool_filter_driver(req->caller) && !ntpool_track_add(&block, req->caller))
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_UNTRACKED]);
}

/* The part of ntpool_verify_begin() for bits other than 0. */
static void plan_verified(const struct ntpool_request *req, unsigned long bits,
			  struct ntpool_verify_plan *plan)
{
	atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_ATTEMPTED]);
	if (!req->tag || req->tag == NTPOOL_TAG_NONE)
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_NO_TAG]);
	check_request(req);
	plan->keep = NTPOOL_HDR_VERIFIED;
	plan->refuse = (bits & NTPOOL_VERIFY_FAULTS) && is_refused(req);
	plan->special = !plan->refuse && (bits & NTPOOL_VERIFY_SPECIAL) &&
			is_for_special(req, NTPOOL_SPECIAL_MAX);
}

/**
 * ntpool_verify_begin() - decide how a request is served while the verifier is on
 * @req: the request, its tag without PROTECTED_POOL
 * @plan: the decision
 *
 * Wrong arguments are reported. The caller has refused a request of paged pool above
 * APC_LEVEL before.
 *
 * Context: any but NMI.
 */
void ntpool_verify_begin(const struct ntpool_request *req, struct ntpool_verify_plan *plan)
{
	*plan = (struct ntpool_verify_plan){ .bits = ntpool_verifier() };
	if (plan->bits) {
		plan_verified(req, plan->bits, plan);
		return;
	}
	plan->sample = ntpool_sample_is_due() && is_for_special(req, NTPOOL_SMALL_MAX) &&
		       ntpool_sample_take();
	plan->special = plan->sample;
}

/**
 * ntpool_verify_end() - count and track the result of a request
 * @req: the request that ntpool_verify_begin() was given
 * @plan: its decision
 * @p: the block; NULL if the request failed or was refused
 *
 * Context: any but NMI.
 */
void ntpool_verify_end(const struct ntpool_request *req, const struct ntpool_verify_plan *plan,
		       void *p)
{
	/* A sample counts as if the verifier had been on for it. */
	if (plan->sample && p)
		atomic_long_inc(&ntpool_verify_counts[NTPOOL_VC_ATTEMPTED]);
	if (plan->bits || (plan->sample && p))
		atomic_long_inc(&ntpool_verify_counts[p ? NTPOOL_VC_SUCCEEDED : NTPOOL_VC_FAILED]);
	if (!plan->bits || !p)
		return;
	notify_ranges(p, req->size, 0);
	if (plan->bits & NTPOOL_VERIFY_TRACK)
		request_track(req, p);
}

/* @allocated: the stack that allocated @block; NULL if it was not tracked. */
static void report_free(const struct ntpool_violation *kind, const struct ntpool_block *block,
			const struct ntpool_stack *allocated, unsigned long caller)
{
	ntpool_report_kind(kind, (struct ntpool_stop){
		.param = { 0, ntpool_irql(), block->type, (unsigned long)block->addr },
		.has_tag = true,
		.tag = block->tag,
		.size = block->requested,
		.caller = caller,
		.allocator = allocated ? 0 : block->caller,
		.allocated = allocated,
	});
}

/* The same, with the list that @block was freed to. */
static void report_list(const struct ntpool_violation *kind, const struct ntpool_block *block,
			const struct ntpool_track *track, const struct ntpool_list_call *list,
			unsigned long caller)
{
	struct ntpool_violation with_list = *kind;
	char text[NTPOOL_STOP_SENTENCE];
	char tag[NTPOOL_TAG_TEXT];

	ntpool_tag_text(list->tag, tag);
	snprintf(text, sizeof(text), "%s: %s, tag %s, size %zu", kind->text,
		 ntpool_type_name(list->type), tag, list->size);
	with_list.text = text;
	report_free(&with_list, block, &track->stack, caller);
}

/* Checks that a block returns to where it came from: the pool, or a list of its kind. */
static void check_match(const struct ntpool_block *block, const struct ntpool_track *track,
			const struct ntpool_list_call *list, unsigned long caller)
{
	if (!list) {
		if (track->block.for_list)
			report_free(&kinds[LIST_TO_POOL], block, &track->stack, caller);
		return;
	}
	if (!track->block.for_list)
		report_list(&kinds[POOL_TO_LIST], block, track, list, caller);
	else if (track->block.type != list->type || track->block.tag != list->tag)
		report_list(&kinds[OTHER_LIST], block, track, list, caller);
	else if (track->block.size != list->size)
		report_list(&kinds[OTHER_SIZE], block, track, list, caller);
}

void ntpool_verify_free(const struct ntpool_block *block, const struct ntpool_list_call *list,
			unsigned long caller)
{
	unsigned long bits = ntpool_verifier();
	struct ntpool_track track;
	bool tracked;

	tracked = ntpool_track_take(block->addr, &track);
	if (!bits)
		return;
	if (tracked && (bits & NTPOOL_VERIFY_TRACK))
		check_match(block, &track, list, caller);
	if (block->type == NTPOOL_NONPAGED && ntpool_verify_is_above(NTPOOL_DISPATCH_LEVEL))
		report_free(&kinds[FREE_IRQL], block, tracked ? &track.stack : NULL, caller);
	/* A shorter block is cached, or in special pool; see freed.c. */
	if (block->bytes >> PAGE_SHIFT > NTPOOL_RUN_CACHED_PAGES)
		ntpool_freed_note(NTPOOL_USE_POOL, block, tracked ? &track.stack : NULL, caller);
	notify_ranges(block->addr, block->requested, caller);
}

void ntpool_verify_add(const struct ntpool_request *req, void *p)
{
	notify_ranges(p, req->size, 0);
	if (ntpool_verifier() & NTPOOL_VERIFY_TRACK)
		request_track(req, p);
}

void ntpool_verify_remove(enum ntpool_use use, const struct ntpool_block *block,
			  unsigned long caller)
{
	struct ntpool_track track;
	bool tracked;

	tracked = ntpool_track_take(block->addr, &track);
	if (!ntpool_verifier())
		return;
	ntpool_freed_note(use, block, tracked ? &track.stack : NULL, caller);
	notify_ranges(block->addr, block->requested, caller);
}
