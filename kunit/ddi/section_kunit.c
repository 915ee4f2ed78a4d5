// SPDX-License-Identifier: GPL-2.0
/*
 * Pageable sections. The cases check counts and handles, in `sections` and in the
 * routines, and the reference that a locked section holds. Wrong handles, addresses and
 * IRQLs are reported. PAGED_CODE() is called in every context.
 *
 * The cases lock code and data of this module. Its part pageable.c is written as an NT
 * driver, with NT's pragmas.
 *
 * Suites that are built into the kernel have no module to hold. The cases about
 * references are skipped there, and all drivers count as one.
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/tracepoint.h>
#include <linux/vmalloc.h>

#include "fixture.h"
#include "pageable.h"

#ifdef MODULE
#define NTK_DRIVER	KBUILD_MODNAME
#else
#define NTK_DRIVER	"vmlinux"
#endif

#define NTK_IRQL		0x0a
#define NTK_MEMORY		0x1a
#define NTK_NOT_LOCKED		0x1010
#define NTK_NO_SECTION		0x1234

#define NTK_ROUNDS	1000	/* per thread */
#define NTK_BURST	32	/* locks by handle in a round, at most */

/* This module, NULL where the suites are built in. */
static struct module *ntk_module(void)
{
	return THIS_MODULE;
}

static int ntk_references(void)
{
	return ntk_module() ? module_refcount(ntk_module()) : 0;
}

/* ---- what is seen from outside ---- */

static s64 ntk_locks(struct kunit *test, const char *section)
{
	struct ntk_table *table = ntk_read(test, "sections");
	const char *row = ntk_table_find(table, NTK_DRIVER, section);

	KUNIT_ASSERT_NOT_NULL_MSG(test, row, "no row for %s", section);
	return ntk_row_number(row, ntk_table_column(table, "locks"));
}

static void ntk_expect_locks(struct kunit *test, s64 code, s64 data)
{
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "code"), code);
	KUNIT_EXPECT_EQ(test, ntk_locks(test, "data"), data);
}

/* One report of 0x1A, about @what. */
static void ntk_expect_memory(struct kunit *test, const char *name, u64 param,
			      const void *what)
{
	ntk_expect_report_about(test, name, NTK_MEMORY, param, what);
}

static PVOID ntk_lock_code(struct kunit *test)
{
	PVOID handle = MmLockPagableCodeSection((PVOID)NtkPagedWork);

	KUNIT_ASSERT_NOT_NULL(test, handle);
	return handle;
}

static PVOID ntk_lock_data(struct kunit *test)
{
	PVOID handle = MmLockPagableDataSection(NtkPagedData());

	KUNIT_ASSERT_NOT_NULL(test, handle);
	return handle;
}

/* ---- counts and handles ---- */

static void MmLockPagableCodeSection_test(struct kunit *test)
{
	PVOID handle;

	ntk_expect_locks(test, 0, 0);
	handle = ntk_lock_code(test);
	ntk_expect_locks(test, 1, 0);
	KUNIT_EXPECT_PTR_EQ(test, ntk_lock_code(test), handle);
	ntk_expect_locks(test, 2, 0);
	MmUnlockPagableImageSection(handle);
	MmUnlockPagableImageSection(handle);
	ntk_expect_locks(test, 0, 0);
	ntk_expect_no_report(test, "locking code");
}

static void MmLockPagableDataSection_test(struct kunit *test)
{
	PVOID handle = ntk_lock_data(test);

	ntk_expect_locks(test, 0, 1);
	KUNIT_EXPECT_PTR_EQ(test, ntk_lock_data(test), handle);
	ntk_expect_locks(test, 0, 2);
	MmUnlockPagableImageSection(handle);
	ntk_expect_locks(test, 0, 1);
	MmUnlockPagableImageSection(handle);
	ntk_expect_locks(test, 0, 0);
	ntk_expect_no_report(test, "locking data");
}

/* Counts up, and from 0 again: the handle outlives the last lock. */
static void MmLockPagableSectionByHandle_test(struct kunit *test)
{
	PVOID code = ntk_lock_code(test), data = ntk_lock_data(test);
	int i;

	for (i = 0; i < 5; i++)
		MmLockPagableSectionByHandle(code);
	MmLockPagableSectionByHandle(data);
	ntk_expect_locks(test, 6, 2);
	for (i = 0; i < 6; i++)
		MmUnlockPagableImageSection(code);
	ntk_expect_locks(test, 0, 2);
	MmLockPagableSectionByHandle(code);
	ntk_expect_locks(test, 1, 2);
	KUNIT_EXPECT_PTR_EQ(test, ntk_lock_code(test), code);
	MmUnlockPagableImageSection(code);
	MmUnlockPagableImageSection(code);
	MmUnlockPagableImageSection(data);
	MmUnlockPagableImageSection(data);
	ntk_expect_locks(test, 0, 0);
	ntk_expect_no_report(test, "locking by handle");
}

/* Every address of a section names the same section, for every routine. */
static void ntk_identity_test(struct kunit *test)
{
	static u64 bss;
	PVOID code[] = {
		(PVOID)NtkPagedWork, (PVOID)NtkPlacedWork, (PVOID)NtkLockedWork,
		(PVOID)ntk_lock_code, (PUCHAR)NtkPagedWork + 1,
	};
	PVOID data[] = {
		NtkPagedData(), NtkPagedBss(), NtkPagedConst(), &bss,
		(PUCHAR)NtkPagedBss() + 3, (PVOID)__func__,
	};
	PVOID of_code = ntk_lock_code(test), of_data = ntk_lock_data(test);
	int i;

	KUNIT_EXPECT_PTR_NE(test, of_code, of_data);
	for (i = 0; i < ARRAY_SIZE(code); i++) {
		KUNIT_EXPECT_PTR_EQ_MSG(test, MmLockPagableCodeSection(code[i]),
					of_code, "%d", i);
		KUNIT_EXPECT_PTR_EQ_MSG(test, MmLockPagableDataSection(code[i]),
					of_code, "%d", i);
	}
	for (i = 0; i < ARRAY_SIZE(data); i++)
		KUNIT_EXPECT_PTR_EQ_MSG(test, MmLockPagableDataSection(data[i]),
					of_data, "%d", i);
	ntk_expect_locks(test, 1 + 2 * ARRAY_SIZE(code), 1 + ARRAY_SIZE(data));
	for (i = 0; i < 1 + 2 * ARRAY_SIZE(code); i++)
		MmUnlockPagableImageSection(of_code);
	for (i = 0; i < 1 + ARRAY_SIZE(data); i++)
		MmUnlockPagableImageSection(of_data);
	ntk_expect_locks(test, 0, 0);
	ntk_expect_no_report(test, "many addresses");
}

static void ntk_spellings_test(struct kunit *test)
{
	PVOID code = MmLockPageableCodeSection((PVOID)NtkPagedWork);
	PVOID data = MmLockPageableDataSection(NtkPagedData());

	MmLockPageableSectionByHandle(code);
	MmLockPageableCodeSectionByHandle(code);
	MmLockPagableCodeSectionByHandle(code);
	ntk_expect_locks(test, 4, 1);
	MmUnlockPageableImageSection(code);
	ntk_expect_locks(test, 3, 1);
	MmUnlockPageableImageSection(code);
	MmUnlockPageableImageSection(code);
	MmUnlockPageableImageSection(code);
	MmUnlockPageableImageSection(data);
	ntk_expect_locks(test, 0, 0);
	ntk_expect_no_report(test, "the other spellings");
}

/* ---- errors ---- */

static void ntk_expect_no_section(struct kunit *test, const char *name,
				  void *address)
{
	KUNIT_EXPECT_NULL_MSG(test, MmLockPagableCodeSection(address), "%s",
			      name);
	ntk_expect_memory(test, name, NTK_NO_SECTION, address);
	KUNIT_EXPECT_NULL_MSG(test, MmLockPagableDataSection(address), "%s",
			      name);
	ntk_expect_memory(test, name, NTK_NO_SECTION, address);
}

static void ntk_unknown_address_test(struct kunit *test)
{
	void *linear = kunit_kzalloc(test, 64, GFP_KERNEL);
	void *mapped = vmalloc(PAGE_SIZE);
	u64 stack = 0;

	KUNIT_EXPECT_NOT_NULL(test, mapped);
	ntk_expect_no_section(test, "NULL", NULL);
	ntk_expect_no_section(test, "a user address", (void *)0x10000);
	ntk_expect_no_section(test, "the last byte", (void *)ULONG_MAX);
	ntk_expect_no_section(test, "kmalloc", linear);
	ntk_expect_no_section(test, "vmalloc", mapped);
	ntk_expect_no_section(test, "the stack", &stack);
	if (ntk_module())
		ntk_expect_no_section(test, "the kernel", (PVOID)vfree);
	vfree(mapped);
	ntk_expect_locks(test, 0, 0);
}

/* __ref: the address of an initialisation function, which is there still. */
static void __ref ntk_init_code_test(struct kunit *test)
{
	PVOID address = (PVOID)NtkInitWork;

	ntk_expect_no_section(test, "initialisation code", address);
	if (!ntk_module())
		kunit_skip(test, "built in");
	KUNIT_EXPECT_TRUE(test, within_module_init((unsigned long)address,
						   ntk_module()));
	KUNIT_EXPECT_PTR_EQ(test, MmPageEntireDriver(address),
			    MmPageEntireDriver((PVOID)NtkPagedWork));
}

static void ntk_unknown_handle_test(struct kunit *test)
{
	PVOID code = ntk_lock_code(test);
	PVOID wrong[] = {
		NULL, (PVOID)1, (PVOID)ULONG_MAX, (PVOID)NtkPagedWork,
		NtkPagedData(), (PUCHAR)code + 1000000,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(wrong); i++) {
		MmLockPagableSectionByHandle(wrong[i]);
		ntk_expect_memory(test, "locking a wrong handle",
				  NTK_NO_SECTION, wrong[i]);
		MmUnlockPagableImageSection(wrong[i]);
		ntk_expect_memory(test, "unlocking a wrong handle",
				  NTK_NOT_LOCKED, wrong[i]);
	}
	ntk_expect_locks(test, 1, 0);
	MmUnlockPagableImageSection(code);
}

static void MmUnlockPagableImageSection_test(struct kunit *test)
{
	PVOID code = ntk_lock_code(test), data = ntk_lock_data(test);

	MmUnlockPagableImageSection(code);
	ntk_expect_no_report(test, "the last unlock");
	MmUnlockPagableImageSection(code);
	ntk_expect_memory(test, "one unlock too many", NTK_NOT_LOCKED, code);
	ntk_expect_locks(test, 0, 1);
	MmLockPagableSectionByHandle(code);
	ntk_expect_locks(test, 1, 1);
	MmUnlockPagableImageSection(code);
	MmUnlockPagableImageSection(data);
	ntk_expect_locks(test, 0, 0);
	ntk_expect_no_report(test, "going on after it");
}

/* ---- the module ---- */

/*
 * Only a lock that is taken after init holds the module. Linux 6.1 runs the suites before
 * that, newer kernels after it. The scenario `sections` takes a lock after init on every
 * kernel.
 */
static int ntk_holds(void)
{
	return THIS_MODULE->state == MODULE_STATE_LIVE;
}

static void ntk_pinned_test(struct kunit *test)
{
	PVOID code, data;
	int base, hold;

	if (!ntk_module())
		kunit_skip(test, "built in");
	hold = ntk_holds();
	base = ntk_references();
	code = ntk_lock_code(test);
	KUNIT_EXPECT_EQ(test, ntk_references(), base + hold);
	MmLockPagableSectionByHandle(code);
	KUNIT_EXPECT_EQ(test, ntk_references(), base + hold);
	data = ntk_lock_data(test);
	KUNIT_EXPECT_EQ(test, ntk_references(), base + 2 * hold);
	MmUnlockPagableImageSection(code);
	KUNIT_EXPECT_EQ(test, ntk_references(), base + 2 * hold);
	MmUnlockPagableImageSection(code);
	KUNIT_EXPECT_EQ(test, ntk_references(), base + hold);
	MmUnlockPagableImageSection(data);
	KUNIT_EXPECT_EQ(test, ntk_references(), base);
}

#ifdef CONFIG_TRACEPOINTS
static struct {
	unsigned int calls;
	unsigned int raised;	/* of these, with interrupts off */
} ntk_probed;

static void ntk_probe(void *data, struct module *mod, unsigned long ip)
{
	if (mod != ntk_module())
		return;
	ntk_probed.calls++;
	ntk_probed.raised += irqs_disabled();
}

static bool ntk_is_reference(const struct tracepoint *point)
{
	return !strcmp(point->name, "module_get") || !strcmp(point->name, "module_put");
}

static void ntk_attach(struct tracepoint *point, void *nr)
{
	if (ntk_is_reference(point) && !tracepoint_probe_register(point, ntk_probe, NULL))
		++*(unsigned int *)nr;
}

static void ntk_detach(struct tracepoint *point, void *arg)
{
	if (ntk_is_reference(point))
		tracepoint_probe_unregister(point, ntk_probe, NULL);
}

/* Locks after init, also on kernels that run the suites in it. */
static void ntk_lock_as_live(struct kunit *test)
{
	enum module_state state = ntk_module()->state;
	PVOID code;

	WRITE_ONCE(ntk_module()->state, MODULE_STATE_LIVE);
	code = ntk_lock_code(test);
	MmLockPagableSectionByHandle(code);
	MmUnlockPagableImageSection(code);
	MmUnlockPagableImageSection(code);
	WRITE_ONCE(ntk_module()->state, state);
}

/* Probes of the references of modules run with interrupts on. */
static void ntk_traced_test(struct kunit *test)
{
	unsigned int attached = 0;
	int base;

	if (!ntk_module())
		kunit_skip(test, "built in");
	base = ntk_references();
	memset(&ntk_probed, 0, sizeof(ntk_probed));
	for_each_kernel_tracepoint(ntk_attach, &attached);
	ntk_lock_as_live(test);
	for_each_kernel_tracepoint(ntk_detach, NULL);
	tracepoint_synchronize_unregister();
	KUNIT_EXPECT_EQ(test, attached, 2);
	KUNIT_EXPECT_GE(test, ntk_probed.calls, 2);
	KUNIT_EXPECT_EQ(test, ntk_probed.raised, 0);
	KUNIT_EXPECT_EQ(test, ntk_references(), base);
}
#else
static void ntk_traced_test(struct kunit *test)
{
	kunit_skip(test, "no tracepoints");
}
#endif

static void MmPageEntireDriver_test(struct kunit *test)
{
	PVOID code = ntk_lock_code(test);
	PVOID base = MmPageEntireDriver((PVOID)NtkPagedWork);
	u64 stack;

	KUNIT_ASSERT_NOT_NULL(test, base);
	KUNIT_EXPECT_LE(test, (unsigned long)base, (unsigned long)NtkPagedWork);
	KUNIT_EXPECT_PTR_EQ(test, MmPageEntireDriver(NtkPagedData()), base);
	KUNIT_EXPECT_PTR_EQ(test, MmPageEntireDriver(NtkPagedBss()), base);
	KUNIT_EXPECT_PTR_EQ(test, MmPageEntireDriver((PVOID)ntk_init), base);
	if (ntk_module())
		KUNIT_EXPECT_TRUE(test, within_module((unsigned long)base,
						      ntk_module()));
	KUNIT_EXPECT_NULL(test, MmPageEntireDriver(NULL));
	KUNIT_EXPECT_NULL(test, MmPageEntireDriver(&stack));
	ntk_expect_locks(test, 1, 0);
	MmUnlockPagableImageSection(code);
	ntk_expect_no_report(test, "paging the driver");
}

/* Harmless with, without and after MmPageEntireDriver(), and anywhere. */
static void MmResetDriverPaging_test(struct kunit *test)
{
	PVOID code = ntk_lock_code(test);
	ULONG before = NtkPagedWork(0);

	MmResetDriverPaging((PVOID)NtkPagedWork);
	MmPageEntireDriver((PVOID)NtkPagedWork);
	MmResetDriverPaging((PVOID)NtkPagedWork);
	MmResetDriverPaging(NULL);
	KUNIT_EXPECT_EQ(test, NtkPagedWork(7), before + 7);
	ntk_expect_locks(test, 1, 0);
	MmUnlockPagableImageSection(code);
	ntk_expect_no_report(test, "resetting");
}

/* ---- several threads ---- */

static void ntk_lock_and_unlock(struct ntk_worker *worker)
{
	struct ntk_tally *tally = &worker->tally;
	PVOID *handle = worker->threads->arg;
	int i, j;

	for (i = 0; i < NTK_ROUNDS; i++) {
		PVOID code = MmLockPagableCodeSection((PVOID)NtkPagedWork);

		ntk_check(tally, code == handle[0], "code in round %d", i);
		NtkLockedWork();
		for (j = ntk_random_below(&worker->rng, NTK_BURST); j; j--) {
			MmLockPagableSectionByHandle(handle[1]);
			MmLockPagableSectionByHandle(code);
			MmUnlockPagableImageSection(handle[1]);
			MmUnlockPagableImageSection(code);
		}
		NtkLockedWork();
		MmUnlockPagableImageSection(code);
	}
}

static void ntk_threads_test(struct kunit *test)
{
	int base = ntk_references();
	PVOID handle[2] = { ntk_lock_code(test), ntk_lock_data(test) };

	MmUnlockPagableImageSection(handle[0]);
	MmUnlockPagableImageSection(handle[1]);
	ntk_threads_run(test, 4, true, ntk_lock_and_unlock, handle);
	ntk_expect_no_report(test, "four threads");
	ntk_expect_locks(test, 0, 0);
	KUNIT_EXPECT_EQ(test, ntk_references(), base);
}

/* ---- IRQLs ---- */

static struct ntk_context_case ntk_irqls[] = {
	{ NTK_BH_OFF },
	{ NTK_PREEMPT_OFF, true },
	{ NTK_SPIN_LOCK, true },
	{ NTK_IRQ_OFF },
	{ NTK_SOFTIRQ },
	{ NTK_HARDIRQ },
};

KUNIT_ARRAY_PARAM(ntk_irql, ntk_irqls, ntk_context_case_desc);

/* One of the routines, with its argument and its result. */
struct ntk_section_call {
	PVOID (*lock)(PVOID what);
	void (*act)(PVOID what);
	PVOID what;
	PVOID result;
};

static void ntk_section_call(void *arg)
{
	struct ntk_section_call *call = arg;

	if (call->lock)
		call->result = call->lock(call->what);
	else
		call->act(call->what);
}

static void ntk_expect_irql(struct kunit *test, enum ntk_context context,
			    const char *name, struct ntk_section_call *call)
{
	struct ntpool_test_report report;

	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_section_call, call),
			0);
	ntk_expect_report(test, name, NTK_IRQL, (unsigned long)call->what,
			  &report);
	KUNIT_EXPECT_GE_MSG(test, report.param[1], DISPATCH_LEVEL, "%s", name);
}

/* The call is reported as 0xA, and does its work. */
static void ntk_routine_irql_test(struct kunit *test)
{
	enum ntk_context context = ntk_context_of(test);
	struct ntk_section_call call = {
		.lock = MmLockPagableCodeSection,
		.what = (PVOID)NtkPagedWork,
	};
	PVOID handle = ntk_lock_code(test), data = ntk_lock_data(test);

	ntk_expect_irql(test, context, "locking code", &call);
	KUNIT_EXPECT_PTR_EQ(test, call.result, handle);
	call.lock = MmPageEntireDriver;
	ntk_expect_irql(test, context, "paging the driver", &call);
	KUNIT_EXPECT_NOT_NULL(test, call.result);
	call.lock = MmLockPagableDataSection;
	call.what = NtkPagedData();
	ntk_expect_irql(test, context, "locking data", &call);
	KUNIT_EXPECT_PTR_EQ(test, call.result, data);
	call.lock = NULL;
	call.act = MmLockPagableSectionByHandle;
	call.what = handle;
	ntk_expect_irql(test, context, "locking by handle", &call);
	ntk_expect_locks(test, 3, 2);
	call.act = MmUnlockPagableImageSection;
	ntk_expect_irql(test, context, "unlocking", &call);
	ntk_expect_irql(test, context, "unlocking", &call);
	ntk_expect_irql(test, context, "unlocking for good", &call);
	call.what = data;
	ntk_expect_irql(test, context, "unlocking data", &call);
	ntk_expect_irql(test, context, "unlocking data for good", &call);
	ntk_expect_locks(test, 0, 0);
	call.act = MmResetDriverPaging;
	ntk_expect_irql(test, context, "resetting", &call);
}

static void ntk_routine_apc_test(struct kunit *test)
{
	KIRQL old;

	KeRaiseIrql(APC_LEVEL, &old);
	MmUnlockPagableImageSection(ntk_lock_code(test));
	MmResetDriverPaging(MmPageEntireDriver((PVOID)NtkPagedWork));
	NtkPagedWork(0);
	KeLowerIrql(old);
	ntk_expect_no_report(test, "APC_LEVEL");
}

/* ---- PAGED_CODE ---- */

/* Exactly one 0xD3 whose sentence names driver, function and file. */
static void ntk_expect_paged(struct kunit *test, const char *function,
			     KIRQL irql)
{
	struct ntpool_test_report report;
	char who[64];

	KUNIT_EXPECT_EQ_MSG(test, ntk_take_reports(&report), 1, "%s", function);
	KUNIT_EXPECT_EQ(test, report.code, NTK_MUST_BE_NONPAGED);
	KUNIT_EXPECT_GE(test, report.param[1], irql);
	snprintf(who, sizeof(who), "%s() of " NTK_DRIVER ", pageable.c:",
		 function);
	KUNIT_EXPECT_EQ_MSG(test, strncmp(report.text, who, strlen(who)), 0,
			    "%s", report.text);
}

static void ntk_call_paged(void *arg)
{
	*(ULONG *)arg = NtkPagedWork(1);
}

static void ntk_call_placed(void *arg)
{
	*(ULONG *)arg = NtkPlacedWork(3);
}

/* The call is reported, and the code runs nevertheless. */
static void PAGED_CODE_test(struct kunit *test)
{
	enum ntk_context context = ntk_context_of(test);
	ULONG before = NtkPagedWork(0), after = 0;

	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_call_paged, &after),
			0);
	ntk_expect_paged(test, "NtkPagedWork", DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, after, before + 1);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_call_placed, &after),
			0);
	ntk_expect_paged(test, "NtkPlacedWork", DISPATCH_LEVEL);
	KUNIT_EXPECT_EQ(test, after, 5);
}

static void PAGED_CODE_raised_test(struct kunit *test)
{
	KIRQL old = KeRaiseIrqlToDpcLevel();
	struct ntpool_test_report report;

	NtkPagedWork(0);
	KeLowerIrql(old);
	KUNIT_EXPECT_EQ(test, ntpool_test_reports(&report, 1), 1);
	KUNIT_EXPECT_EQ(test, report.param[1], DISPATCH_LEVEL);
	ntk_expect_paged(test, "NtkPagedWork", DISPATCH_LEVEL);
	NtkPagedWork(0);
	NtkPlacedWork(0);
	ntk_expect_no_report(test, "PASSIVE_LEVEL");
}

static void ntk_call_locked(void *arg)
{
	NtkLockedWork();
}

static void PAGED_CODE_LOCKED_test(struct kunit *test)
{
	PVOID data = ntk_lock_data(test), code;

	NtkLockedWork();
	ntk_expect_paged(test, "NtkLockedWork", PASSIVE_LEVEL);
	MmUnlockPagableImageSection(data);
	code = ntk_lock_code(test);
	NtkLockedWork();
	ntk_expect_no_report(test, "locked code");
	MmUnlockPagableImageSection(code);
	NtkLockedWork();
	ntk_expect_paged(test, "NtkLockedWork", PASSIVE_LEVEL);
}

static void PAGED_CODE_LOCKED_irql_test(struct kunit *test)
{
	enum ntk_context context = ntk_context_of(test);
	PVOID code;

	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_call_locked, NULL),
			0);
	ntk_expect_paged(test, "NtkLockedWork", DISPATCH_LEVEL);
	code = ntk_lock_code(test);
	KUNIT_EXPECT_EQ(test, ntk_run_in(context, -1, ntk_call_locked, NULL),
			0);
	ntk_expect_no_report(test, "locked code");
	MmUnlockPagableImageSection(code);
}

/* ---- pragmas and debugfs ---- */

/* The pragmas do not change the initialisation of data. */
static void ntk_pragmas_test(struct kunit *test)
{
	ULONG *total = NtkPagedData(), *scratch = NtkPagedBss(), before;
	const ULONG *table = NtkPagedConst();

	KUNIT_EXPECT_GE(test, *total, NTK_PAGED_START);
	KUNIT_EXPECT_LT(test, *total, NTK_PAGED_START + 1000);
	KUNIT_EXPECT_EQ(test, table[7], 17);
	before = scratch[7];
	KUNIT_EXPECT_EQ(test, NtkPlacedWork(7), 17);
	KUNIT_EXPECT_EQ(test, scratch[7], before + 1);
}

static unsigned int ntk_rows_of_driver(const struct ntk_table *table)
{
	const char *row = NULL;
	char name[64];
	unsigned int nr = 0;

	while ((row = ntk_table_next(table, row))) {
		ntk_row_text(row, 0, name, sizeof(name));
		nr += !strcmp(name, NTK_DRIVER);
	}
	return nr;
}

static void ntk_file_test(struct kunit *test)
{
	struct ntk_table *table = ntk_read(test, "sections");

	KUNIT_EXPECT_EQ(test, ntk_table_column(table, "module"), 0);
	KUNIT_EXPECT_EQ(test, ntk_table_column(table, "section"), 1);
	KUNIT_EXPECT_EQ(test, ntk_table_column(table, "locks"), 2);
	KUNIT_EXPECT_EQ(test, ntk_table_column(table, "other"), -1);
	KUNIT_EXPECT_EQ(test, ntk_rows_of_driver(table), 2);
	KUNIT_EXPECT_EQ(test, ntk_row_fields(ntk_table_next(table, NULL)), 3);
}

static void ntk_file_oom_test(struct kunit *test)
{
	char text[64];
	ssize_t len;

	ntpool_test_fail_backing(0, -1);
	len = ntpool_test_show("sections", text, sizeof(text));
	ntpool_test_fail_backing(0, 0);
	KUNIT_EXPECT_EQ(test, len, -ENOMEM);
	ntk_expect_locks(test, 0, 0);
}

static struct kunit_case ntk_section_cases[] = {
	KUNIT_CASE(MmLockPagableCodeSection_test),
	KUNIT_CASE(MmLockPagableDataSection_test),
	KUNIT_CASE(MmLockPagableSectionByHandle_test),
	KUNIT_CASE(MmUnlockPagableImageSection_test),
	KUNIT_CASE(ntk_identity_test),
	KUNIT_CASE(ntk_spellings_test),
	KUNIT_CASE(ntk_unknown_address_test),
	KUNIT_CASE(ntk_init_code_test),
	KUNIT_CASE(ntk_unknown_handle_test),
	KUNIT_CASE(ntk_pinned_test),
	KUNIT_CASE(ntk_traced_test),
	KUNIT_CASE(MmPageEntireDriver_test),
	KUNIT_CASE(MmResetDriverPaging_test),
	KUNIT_CASE(ntk_threads_test),
	KUNIT_CASE_PARAM(ntk_routine_irql_test, ntk_irql_gen_params),
	KUNIT_CASE(ntk_routine_apc_test),
	KUNIT_CASE_PARAM(PAGED_CODE_test, ntk_irql_gen_params),
	KUNIT_CASE(PAGED_CODE_raised_test),
	KUNIT_CASE(PAGED_CODE_LOCKED_test),
	KUNIT_CASE_PARAM(PAGED_CODE_LOCKED_irql_test, ntk_irql_gen_params),
	KUNIT_CASE(ntk_pragmas_test),
	KUNIT_CASE(ntk_file_test),
	KUNIT_CASE(ntk_file_oom_test),
	{}
};

static struct kunit_suite ntk_section_suite = {
	.name = "ntpool_section",
	.init = ntk_init,
	.exit = ntk_exit,
	.test_cases = ntk_section_cases,
};

kunit_test_suite(ntk_section_suite);
