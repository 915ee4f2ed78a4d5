// SPDX-License-Identifier: GPL-2.0
/*
 * Module parameters, and the verifier's flags, which are one of them.
 *
 * What is set on the command line is checked before ntpool runs, and a module that
 * is given nonsense is not loaded; what is written later to
 * /sys/module/ntpool/parameters/ goes through the same functions. Whatever is wrong
 * with a value (no number, too many digits, out of range, unknown bits) the answer
 * is -EINVAL and the old value stands.
 *
 * Values are read without a lock, whole words with READ_ONCE(). The verifier's
 * flags are written here and through debugfs; params_mutex makes a change and
 * what follows from it (memory for what the new bits need, lookaside lists that give
 * up their caches or may use them again) one step. It is taken outside of all locks of
 * lookaside lists, and covers changes of the reserve's size and of the scans' period in
 * the same way. NT reads the flags at boot; here they can change at any time, but
 * nothing is told of a change before ntpool_params_start(), when the parts that want to
 * know have been set up, nor after ntpool_params_stop().
 */
#include <linux/kernel.h>
#include <linux/module.h>
#include <linux/moduleparam.h>
#include <linux/mutex.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "ntpool.h"
#include "params.h"
#include "pool/reserve.h"
#include "verify/fault.h"
#include "verify/filter.h"
#include "verify/sample.h"
#include "verify/special.h"
#include "verify/track.h"
#include "verify/verify.h"

/**
 * struct param_range - a number with limits
 * @value: where it is kept
 * @min: smallest value that is accepted
 * @max: largest one
 */
struct param_range {
	unsigned int *value;
	unsigned int min;
	unsigned int max;
};

unsigned int ntpool_max_tags __read_mostly = 16384;
unsigned long ntpool_quota_limit[NTPOOL_TYPES] __read_mostly;
unsigned int ntpool_must_succeed_pages __read_mostly = 4;
bool ntpool_bugcheck_panics __read_mostly;
unsigned int ntpool_balance_ms __read_mostly = 1000;

static unsigned long verifier_flags __read_mostly;
static unsigned int sample_ms;
static DEFINE_MUTEX(params_mutex);
static bool params_started;		/* under params_mutex */

unsigned long ntpool_verifier(void)
{
	return READ_ONCE(verifier_flags);
}

/* What the bits need; without special pool all comes from the ordinary one. */
static int verifier_prepare(unsigned long flags)
{
	int err = 0;

	if (flags & NTPOOL_VERIFY_SPECIAL)
		err = ntpool_special_start();
	if (err == -EOPNOTSUPP)
		pr_warn_once("ntpool: there is no special pool on this machine\n");
	else if (err)
		return err;
	return flags & NTPOOL_VERIFY_TRACK ? ntpool_track_start() : 0;
}

/* The flags are as they shall be: the rest of ntpool follows. */
static void verifier_apply(void)
{
	lockdep_assert_held(&params_mutex);
	ntpool_verifier_switch(verifier_flags);
	ntpool_lookaside_verifier_changed(verifier_flags);
}

static int verifier_change(unsigned long flags)
{
	int err = 0;

	lockdep_assert_held(&params_mutex);
	if (params_started)
		err = verifier_prepare(flags);
	if (err)
		return err;
	/* First: from the flag on allocations look whether the delay is over. */
	if (flags & ~verifier_flags & NTPOOL_VERIFY_FAULTS)
		ntpool_fault_restart();
	WRITE_ONCE(verifier_flags, flags);
	if (params_started)
		verifier_apply();
	return 0;
}

/**
 * ntpool_set_verifier() - change the verifier's flags
 * @flags: new value of all of them, see NTPOOL_VERIFIER_BITS
 *
 * When it returns, every lookaside list works by the new flags.
 *
 * Context: process context, may sleep.
 * Return: 0; -EINVAL if @flags has an unknown bit, -ENOMEM if there is no memory for
 * what they need; then nothing was changed.
 */
int ntpool_set_verifier(unsigned long flags)
{
	int err;

	if (flags & ~NTPOOL_VERIFIER_BITS)
		return -EINVAL;
	mutex_lock(&params_mutex);
	err = verifier_change(flags);
	mutex_unlock(&params_mutex);
	return err;
}

/* Under the mutex. Without special pool there is nothing to sample for. */
static int sample_apply(unsigned int ms)
{
	int err = ms ? ntpool_special_start() : 0;

	lockdep_assert_held(&params_mutex);
	if (err)
		return err;
	ntpool_sample_set(ms);
	return 0;
}

/*
 * What was set so far takes effect. What there is no memory for is left out, rather
 * than that a machine comes up without its drivers.
 */
void ntpool_params_start(void)
{
	mutex_lock(&params_mutex);
	params_started = true;
	if (verifier_prepare(verifier_flags) || sample_apply(sample_ms))
		pr_warn("ntpool: no memory for all of the verifier\n");
	if (verifier_flags & NTPOOL_VERIFY_FAULTS)
		ntpool_fault_restart();
	verifier_apply();
	mutex_unlock(&params_mutex);
}

void ntpool_params_stop(void)
{
	mutex_lock(&params_mutex);
	params_started = false;
	ntpool_verifier_switch(0);
	ntpool_sample_set(0);
	mutex_unlock(&params_mutex);
}

static int verifier_set(const char *val, const struct kernel_param *kp)
{
	unsigned long flags;

	if (kstrtoul(val, 0, &flags))
		return -EINVAL;
	return ntpool_set_verifier(flags);
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

enum {
	SAMPLE_MS_MAX = 3600000,
};

static const char * const bugcheck_words[] = { "report", "panic" };

static int bugcheck_set(const char *val, const struct kernel_param *kp)
{
	int word = sysfs_match_string(bugcheck_words, val);

	if (word < 0)
		return -EINVAL;
	WRITE_ONCE(ntpool_bugcheck_panics, word);
	return 0;
}

static int bugcheck_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%s\n", bugcheck_words[READ_ONCE(ntpool_bugcheck_panics)]);
}

static const struct kernel_param_ops bugcheck_ops = {
	.set = bugcheck_set,
	.get = bugcheck_get,
};

module_param_cb(bugcheck, &bugcheck_ops, NULL, 0644);
MODULE_PARM_DESC(bugcheck,
		 "what follows the report of a violation: report (go on) or panic (stop the machine) (default report)");

static int range_set(const char *val, const struct kernel_param *kp)
{
	const struct param_range *range = kp->arg;
	unsigned int value;

	if (kstrtouint(val, 0, &value) || value < range->min || value > range->max)
		return -EINVAL;
	WRITE_ONCE(*range->value, value);
	return 0;
}

static int range_get(char *buf, const struct kernel_param *kp)
{
	const struct param_range *range = kp->arg;

	return sysfs_emit(buf, "%u\n", READ_ONCE(*range->value));
}

static const struct kernel_param_ops range_ops = {
	.set = range_set,
	.get = range_get,
};

static int drivers_set(const char *val, const struct kernel_param *kp)
{
	return ntpool_filter_set_drivers(&ntpool_filter_drivers, val);
}

static int drivers_get(char *buf, const struct kernel_param *kp)
{
	char text[NTPOOL_FILTER_TEXT];

	ntpool_filter_text(&ntpool_filter_drivers, text);
	return sysfs_emit(buf, "%s\n", text);
}

static const struct kernel_param_ops drivers_ops = {
	.set = drivers_set,
	.get = drivers_get,
};

module_param_cb(verifier_drivers, &drivers_ops, NULL, 0644);
MODULE_PARM_DESC(verifier_drivers,
		 "modules whose calls special pool, low resources simulation and pool tracking apply to, comma separated, with * and ? (default *)");

int ntpool_set_sample(unsigned int ms)
{
	int err = 0;

	if (ms > SAMPLE_MS_MAX)
		return -EINVAL;
	mutex_lock(&params_mutex);
	if (params_started)
		err = sample_apply(ms);
	if (!err)
		WRITE_ONCE(sample_ms, ms);
	mutex_unlock(&params_mutex);
	return err;
}

static int sample_set(const char *val, const struct kernel_param *kp)
{
	unsigned int ms;

	if (kstrtouint(val, 0, &ms))
		return -EINVAL;
	return ntpool_set_sample(ms);
}

static int sample_get(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(sample_ms));
}

static const struct kernel_param_ops sample_ops = {
	.set = sample_set,
	.get = sample_get,
};

module_param_cb(sample_ms, &sample_ops, NULL, 0644);
MODULE_PARM_DESC(sample_ms,
		 "one allocation per this many milliseconds goes to special pool, up to 3600000; 0: none (default 0)");

static struct param_range special_start_range = { &ntpool_special_at_start, 0, 1 };

module_param_cb(special_start, &range_ops, &special_start_range, 0644);
MODULE_PARM_DESC(special_start,
		 "special pool places blocks at the end of the page (0) or at the start (1) (default 0)");

static struct param_range special_pages_range = { &ntpool_special_pages, 16, 65536 };

module_param_cb(special_pages, &range_ops, &special_pages_range, 0444);
MODULE_PARM_DESC(special_pages,
		 "pages that special pool may hold, freed ones in quarantine included, 16 to 65536 (default 1024)");

static struct param_range max_tags_range = { &ntpool_max_tags, 1, 1048576 };

module_param_cb(max_tags, &range_ops, &max_tags_range, 0444);
MODULE_PARM_DESC(max_tags,
		 "pool tags that are counted one by one, 1 to 1048576; later ones are counted together as Ovfl (default 16384)");

static int must_succeed_set(const char *val, const struct kernel_param *kp)
{
	int err = range_set(val, kp);

	if (err)
		return err;
	mutex_lock(&params_mutex);
	if (params_started)
		ntpool_reserve_changed();
	mutex_unlock(&params_mutex);
	return 0;
}

static const struct kernel_param_ops must_succeed_ops = {
	.set = must_succeed_set,
	.get = range_get,
};

static struct param_range must_succeed_range = {
	&ntpool_must_succeed_pages, 0, NTPOOL_MUST_SUCCEED_MAX
};

module_param_cb(must_succeed_pages, &must_succeed_ops, &must_succeed_range, 0644);
MODULE_PARM_DESC(must_succeed_pages,
		 "pages kept back for NonPagedPoolMustSucceed, 0 to 256 (default 4)");

static int quota_set(const char *val, const struct kernel_param *kp)
{
	unsigned long bytes;

	if (kstrtoul(val, 0, &bytes))
		return -EINVAL;
	WRITE_ONCE(*(unsigned long *)kp->arg, bytes);
	return 0;
}

static const struct kernel_param_ops quota_ops = {
	.set = quota_set,
	.get = param_get_ulong,
};

module_param_cb(quota_nonpaged, &quota_ops, &ntpool_quota_limit[NTPOOL_NONPAGED], 0644);
MODULE_PARM_DESC(quota_nonpaged,
		 "bytes of nonpaged pool that one process may hold through the quota routines; 0: no limit (default 0)");
module_param_cb(quota_paged, &quota_ops, &ntpool_quota_limit[NTPOOL_PAGED], 0644);
MODULE_PARM_DESC(quota_paged,
		 "bytes of paged pool that one process may hold through the quota routines; 0: no limit (default 0)");

static int balance_set(const char *val, const struct kernel_param *kp)
{
	int ret = range_set(val, kp);

	if (ret)
		return ret;
	mutex_lock(&params_mutex);
	if (params_started)
		ntpool_lookaside_period_changed();
	mutex_unlock(&params_mutex);
	return 0;
}

static const struct kernel_param_ops balance_ops = {
	.set = balance_set,
	.get = range_get,
};

static struct param_range balance_range = { &ntpool_balance_ms, 10, 3600000 };

module_param_cb(balance_ms, &balance_ops, &balance_range, 0644);
MODULE_PARM_DESC(balance_ms,
		 "milliseconds between two scans that tune the depths of lookaside lists, 10 to 3600000 (default 1000)");
