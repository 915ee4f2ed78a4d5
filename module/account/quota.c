// SPDX-License-Identifier: GPL-2.0
/*
 * Quota: the process that is charged for a block, and its limits.
 *
 * NT charges a block that was requested with quota to the current process. The end of
 * the block holds a pointer to the process, and the free refunds the charge. Here each
 * charged process has a ledger, and the end of the block holds the ledger's number.
 *
 * Hashes. A ledger belongs to a thread group, whose struct pid finds it. The ledger holds
 * a reference to the struct pid, so that address is not reused. A second hash finds a
 * ledger by its number. A number is not reused while the ledger exists. Kernel threads
 * and interrupts are never charged.
 *
 * rhashtable does not fit: on 6.1 its locks disable bottom halves, and refunds come in
 * hard interrupts. Besides, both hashes change under one raw lock.
 *
 * Trailer. The number lies in memory that the driver can overwrite. A keyed checksum
 * of the number and its address follows it. If the checksum does not match, the free
 * is reported, and the charge stays in its ledger.
 *
 * Ledgers lie behind guards (memory/record.c).
 *
 * Lifetime. A ledger exists until its process has gone and nothing is charged to it.
 * Unused ledgers are removed by the refund that empties them, by a snapshot, and by a
 * sweep every SWEEP_S seconds. A charge pins the ledger first. Removal changes the
 * pins from 1 to 0, and 0 pins cannot be incremented, so no charge is lost. A refund
 * needs no pin, because its charge keeps the ledger.
 *
 * Limits. One compare-and-exchange per pool type checks a limit and adds the charge.
 * A limit that becomes lower than a process holds affects later charges only.
 *
 * Locking. ledgers_lock, raw and a leaf, protects both hashes and the removal of a
 * ledger. Readers use RCU, which also frees ledgers.
 *
 * Context: process context up to DISPATCH_LEVEL for charges, any but NMI for refunds.
 */
#include <linux/atomic.h>
#include <linux/errno.h>
#include <linux/export.h>
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/random.h>
#include <linux/rculist.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <linux/workqueue.h>

#include "account/quota.h"
#include "base/param.h"
#include "base/refuse.h"
#include "base/sort.h"
#include "base/stub.h"
#include "parts.h"
#include "memory/backing.h"
#include "memory/record.h"

enum {
	HASH_BITS_USED = 10,
	SWEEP_S = 5,
};

/**
 * struct ledger - charges of one process
 * @by_pid: link in the hash by @pid; ledgers_lock, readers under RCU
 * @by_id: link in the hash by @id; ledgers_lock, readers under RCU
 * @pid: the thread group; referenced
 * @id: number of the ledger, not 0
 * @comm: name of the process when the ledger was created
 * @pins: 1, and one for each charge in progress; 0: the ledger is being removed
 * @used: bytes charged now; this and the next three are atomic and need no lock
 * @direct: the part of @used that was charged without a block
 * @peak: largest value of @used
 * @refused: charges that a limit refused
 * @rcu: frees the ledger
 *
 * @pid, @id and @comm do not change once the ledger is in the hashes.
 */
struct ledger {
	struct hlist_node by_pid;
	struct hlist_node by_id;
	struct pid *pid;
	u32 id;
	char comm[TASK_COMM_LEN];
	atomic_t pins;
	atomic_long_t used[NTPOOL_TYPES];
	atomic_long_t direct[NTPOOL_TYPES];
	atomic_long_t peak[NTPOOL_TYPES];
	atomic_long_t refused;
	struct rcu_head rcu;
};

/* At the end of a charged block. */
struct trailer {
	u32 id;
	u32 check;
};

static_assert(sizeof(struct trailer) == NTPOOL_QUOTA_TRAILER);

static DEFINE_RAW_SPINLOCK(ledgers_lock);
/* Both: ledgers_lock, readers under RCU. */
static DEFINE_HASHTABLE(ledgers_by_pid, HASH_BITS_USED);
static DEFINE_HASHTABLE(ledgers_by_id, HASH_BITS_USED);
static u64 quota_secret __ro_after_init;	/* odd; keys the trailers */
static unsigned long quota_limit[NTPOOL_TYPES];	/* bytes; 0: no limit; read without a lock */
static u32 last_id;			/* ledgers_lock */
static unsigned int nr_ledgers;		/* ledgers_lock; read without it as a hint */

static void ledgers_sweep(struct work_struct *work);
static DECLARE_DELAYED_WORK(sweep_work, ledgers_sweep);

static inline unsigned long pid_key(const struct pid *pid)
{
	return (unsigned long)pid >> L1_CACHE_SHIFT;
}

/* In an RCU read section, or under ledgers_lock. */
static struct ledger *ledger_by_pid(const struct pid *pid)
{
	struct ledger *ledger;

	hash_for_each_possible_rcu(ledgers_by_pid, ledger, by_pid, pid_key(pid),
				   lockdep_is_held(&ledgers_lock))
		if (ledger->pid == pid)
			return ledger;
	return NULL;
}

static struct ledger *ledger_by_id(u32 id)
{
	struct ledger *ledger;

	hash_for_each_possible_rcu(ledgers_by_id, ledger, by_id, id,
				   lockdep_is_held(&ledgers_lock))
		if (ledger->id == id)
			return ledger;
	return NULL;
}

static bool process_is_gone(struct pid *pid)
{
	return !pid_task(pid, PIDTYPE_TGID);
}

static bool ledger_is_empty(struct ledger *ledger)
{
	return !atomic_long_read(&ledger->used[NTPOOL_NONPAGED]) &&
	       !atomic_long_read(&ledger->used[NTPOOL_PAGED]);
}

/* put_pid() may free a pid namespace, so refunds in interrupts leave it to RCU. */
static void ledger_free_rcu(struct rcu_head *rcu)
{
	struct ledger *ledger = container_of(rcu, struct ledger, rcu);

	put_pid(ledger->pid);
	ntpool_sized_free(ledger, sizeof(*ledger));
}

/*
 * Removes the ledger if it is unused. A charge from before the pins reached 0 shows in
 * the second test. A later charge fails to pin the ledger and creates a new one.
 */
static bool ledger_reap_locked(struct ledger *ledger)
{
	lockdep_assert_held(&ledgers_lock);
	if (!ledger_is_empty(ledger) || !process_is_gone(ledger->pid) ||
	    atomic_cmpxchg(&ledger->pins, 1, 0) != 1)
		return false;
	if (!ledger_is_empty(ledger)) {
		atomic_set(&ledger->pins, 1);
		return false;
	}
	hash_del_rcu(&ledger->by_pid);
	hash_del_rcu(&ledger->by_id);
	WRITE_ONCE(nr_ledgers, nr_ledgers - 1);
	return true;
}

/* In an RCU read section. Another CPU may have removed the ledger already. */
static void ledger_reap(struct ledger *ledger)
{
	unsigned long flags;
	bool reaped;

	if (!ledger_is_empty(ledger) || !process_is_gone(ledger->pid))
		return;
	raw_spin_lock_irqsave(&ledgers_lock, flags);
	reaped = ledger_reap_locked(ledger);
	raw_spin_unlock_irqrestore(&ledgers_lock, flags);
	if (reaped)
		call_rcu(&ledger->rcu, ledger_free_rcu);
}

static void ledgers_reap(void)
{
	struct ledger *ledger;
	unsigned int bucket;

	for (bucket = 0; bucket < HASH_SIZE(ledgers_by_id); bucket++) {
		rcu_read_lock();
		hlist_for_each_entry_rcu(ledger, &ledgers_by_id[bucket], by_id)
			ledger_reap(ledger);
		rcu_read_unlock();
		cond_resched();
	}
}

static void ledgers_sweep(struct work_struct *work)
{
	ledgers_reap();
	if (READ_ONCE(nr_ledgers))
		schedule_delayed_work(&sweep_work, SWEEP_S * HZ);
}

static struct ledger *ledger_create(struct pid *pid)
{
	gfp_t gfp = ntpool_backing_gfp();
	struct ledger *ledger;
	struct task_struct *task;

	ledger = gfp && !ntpool_refused() ?
		 ntpool_sized_alloc(sizeof(*ledger), gfp, NUMA_NO_NODE) : NULL;
	if (!ledger)
		return NULL;
	ledger->pid = get_pid(pid);
	atomic_set(&ledger->pins, 2);
	rcu_read_lock();
	task = pid_task(pid, PIDTYPE_TGID);
	if (task)
		strscpy(ledger->comm, task->comm, sizeof(ledger->comm));
	rcu_read_unlock();
	return ledger;
}

static u32 next_id(void)
{
	lockdep_assert_held(&ledgers_lock);
	do {
		last_id++;
	} while (!last_id || ledger_by_id(last_id));
	return last_id;
}

/* Inserts @fresh, which is pinned, or pins the ledger that the process has. */
static struct ledger *ledger_enter(struct ledger *fresh)
{
	struct ledger *ledger;
	unsigned long flags;

	raw_spin_lock_irqsave(&ledgers_lock, flags);
	/* Ledgers are removed under the lock: one that is in the hash has a pin. */
	ledger = ledger_by_pid(fresh->pid);
	if (ledger) {
		atomic_inc(&ledger->pins);
	} else {
		fresh->id = next_id();
		hash_add_rcu(ledgers_by_pid, &fresh->by_pid, pid_key(fresh->pid));
		hash_add_rcu(ledgers_by_id, &fresh->by_id, fresh->id);
		WRITE_ONCE(nr_ledgers, nr_ledgers + 1);
	}
	raw_spin_unlock_irqrestore(&ledgers_lock, flags);
	return ledger ?: fresh;
}

static struct ledger *ledger_pin(struct pid *pid)
{
	struct ledger *ledger;

	rcu_read_lock();
	ledger = ledger_by_pid(pid);
	if (ledger && !atomic_inc_not_zero(&ledger->pins))
		ledger = NULL;
	rcu_read_unlock();
	return ledger;
}

/* Returns the ledger of @pid, pinned, or creates it. NULL: no memory. */
static struct ledger *ledger_get(struct pid *pid)
{
	struct ledger *ledger = ledger_pin(pid), *fresh;

	if (ledger)
		return ledger;
	fresh = ledger_create(pid);
	if (!fresh)
		return NULL;
	ledger = ledger_enter(fresh);
	if (ledger != fresh)
		call_rcu(&fresh->rcu, ledger_free_rcu);
	else
		schedule_delayed_work(&sweep_work, SWEEP_S * HZ);
	return ledger;
}

static void ledger_unpin(struct ledger *ledger)
{
	atomic_dec(&ledger->pins);
}

static void peak_raise(atomic_long_t *peak, long used)
{
	long old = atomic_long_read(peak);

	while (old < used && !atomic_long_try_cmpxchg(peak, &old, used))
		;
}

static int ledger_charge(struct ledger *ledger, enum ntpool_type type, size_t bytes)
{
	unsigned long limit = READ_ONCE(quota_limit[type]);
	long used = atomic_long_read(&ledger->used[type]);

	if (!limit || limit > LONG_MAX)
		limit = LONG_MAX;
	do {
		if (bytes > limit || used > (long)(limit - bytes)) {
			atomic_long_inc(&ledger->refused);
			return -EDQUOT;
		}
	} while (!atomic_long_try_cmpxchg(&ledger->used[type], &used, used + bytes));
	peak_raise(&ledger->peak[type], used + bytes);
	return 0;
}

static void ledger_refund(struct ledger *ledger, enum ntpool_type type, size_t bytes)
{
	if (!atomic_long_sub_return(bytes, &ledger->used[type]))
		ledger_reap(ledger);
}

/**
 * ntpool_quota_applies() - whether quota charges the calling context
 *
 * Context: any.
 * Return: true in process context, but not in kernel threads.
 */
bool ntpool_quota_applies(void)
{
	return in_task() && (!(current->flags & PF_KTHREAD) || ntpool_stub_kthreads_pay()) &&
	       task_tgid(current);
}

/**
 * ntpool_quota_charge() - charge the current process
 * @type: pool type
 * @bytes: bytes to charge
 * @payer: set to the number of the ledger, for ntpool_quota_refund()
 *
 * Context: process context, up to DISPATCH_LEVEL, where ntpool_quota_applies().
 * Return: 0; -EDQUOT if the limit does not allow it; -ENOMEM without a ledger. After an
 * error nothing is charged.
 */
int ntpool_quota_charge(enum ntpool_type type, size_t bytes, u32 *payer)
{
	struct ledger *ledger = ledger_get(task_tgid(current));
	int err;

	if (!ledger)
		return -ENOMEM;
	err = ledger_charge(ledger, type, bytes);
	*payer = ledger->id;
	ledger_unpin(ledger);
	return err;
}

/**
 * ntpool_quota_refund() - refund a charge of ntpool_quota_charge()
 * @payer: number of the ledger
 * @type: pool type
 * @bytes: bytes that were charged
 *
 * Context: any but NMI.
 * Return: false if there is no such ledger.
 */
bool ntpool_quota_refund(u32 payer, enum ntpool_type type, size_t bytes)
{
	struct ledger *ledger;

	rcu_read_lock();
	ledger = ledger_by_id(payer);
	if (ledger)
		ledger_refund(ledger, type, bytes);
	rcu_read_unlock();
	return ledger;
}

static u32 trailer_check(const struct trailer *at, u32 id)
{
	u64 sum = quota_secret ^ (unsigned long)at ^ (u64)id << 32;

	return (sum * 0xd6e8feb86659fd93ULL) >> 32;
}

/**
 * ntpool_quota_note() - write the trailer of a charged block
 * @end: end of the block
 * @payer: number of the ledger
 *
 * Context: any.
 */
void ntpool_quota_note(void *end, u32 payer)
{
	struct trailer *at = (struct trailer *)end - 1;

	*at = (struct trailer){ .id = payer, .check = trailer_check(at, payer) };
}

/**
 * ntpool_quota_payer() - read the trailer of a charged block
 * @end: end of the block
 *
 * Context: any.
 * Return: number of the ledger, or 0 if the trailer was overwritten.
 */
u32 ntpool_quota_payer(const void *end)
{
	const struct trailer *at = (const struct trailer *)end - 1;
	struct trailer copy = *at;

	return copy.check == trailer_check(at, copy.id) ? copy.id : 0;
}

/*
 * Returns a reference to @pid if a process has it now. The process may have exited long ago, and
 * @pid may be other memory. Any number in it finds a struct pid, or none. If that is @pid, then
 * @pid is valid.
 */
static struct pid *process_get(struct pid *pid)
{
	struct pid *found;
	pid_t nr;

	if (pid == task_tgid(current))
		return get_pid(pid);
	if (copy_from_kernel_nofault(&nr, &pid->numbers[0].nr, sizeof(nr)))
		return NULL;
	rcu_read_lock();
	found = find_pid_ns(nr, &init_pid_ns);
	found = found == pid && !process_is_gone(pid) ? get_pid(pid) : NULL;
	rcu_read_unlock();
	return found;
}

/**
 * ntpool_quota_charge_process() - charge a process without a block
 * @pid: thread group; read as memory that may not exist, unless a process has it now
 * @type: pool type
 * @bytes: bytes to charge
 *
 * Context: process context, up to DISPATCH_LEVEL.
 * Return: 0; -ESRCH if no process has @pid; -EDQUOT and -ENOMEM as
 * ntpool_quota_charge().
 */
int ntpool_quota_charge_process(struct pid *pid, enum ntpool_type type, size_t bytes)
{
	struct ledger *ledger;
	int err = -ENOMEM;

	pid = process_get(pid);
	if (!pid)
		return -ESRCH;
	ledger = ledger_get(pid);
	if (ledger) {
		err = ledger_charge(ledger, type, bytes);
		if (!err)
			atomic_long_add(bytes, &ledger->direct[type]);
		ledger_unpin(ledger);
	}
	put_pid(pid);
	return err;
}

/**
 * ntpool_quota_refund_process() - refund charges of ntpool_quota_charge_process()
 * @pid: thread group; compared only
 * @type: pool type
 * @bytes: bytes to refund
 *
 * Context: any but NMI.
 * Return: bytes refunded; less than @bytes if less was charged.
 */
size_t ntpool_quota_refund_process(struct pid *pid, enum ntpool_type type, size_t bytes)
{
	struct ledger *ledger;
	long direct = 0, back = 0;

	rcu_read_lock();
	ledger = ledger_by_pid(pid);
	if (ledger) {
		direct = atomic_long_read(&ledger->direct[type]);
		do {
			back = min_t(unsigned long, direct, bytes);
		} while (!atomic_long_try_cmpxchg(&ledger->direct[type], &direct,
						  direct - back));
		if (back)
			ledger_refund(ledger, type, back);
	}
	rcu_read_unlock();
	return back;
}

static void row_fill(struct ntpool_quota_row *row, struct ledger *ledger)
{
	struct task_struct *task = pid_task(ledger->pid, PIDTYPE_TGID);
	enum ntpool_type type;

	row->pid = pid_nr(ledger->pid);
	strscpy(row->comm, task ? task->comm : ledger->comm, sizeof(row->comm));
	for (type = 0; type < NTPOOL_TYPES; type++) {
		row->used[type] = atomic_long_read(&ledger->used[type]);
		row->peak[type] = atomic_long_read(&ledger->peak[type]);
	}
	row->refused = atomic_long_read(&ledger->refused);
}

static int row_compare(const void *a, const void *b)
{
	const struct ntpool_quota_row *x = a, *y = b;

	return x->pid < y->pid ? -1 : x->pid > y->pid;
}

/**
 * ntpool_quota_snapshot() - figures of all ledgers
 * @nr: set to the number of rows
 *
 * Context: process context, may sleep.
 * Return: rows by pid, for kvfree(); NULL: no memory.
 */
struct ntpool_quota_row *ntpool_quota_snapshot(size_t *nr)
{
	struct ntpool_quota_row *rows;
	struct ledger *ledger;
	unsigned int bucket;
	size_t room, used = 0;

	ledgers_reap();
	/* The next snapshot has the ledgers that are created from here on. */
	room = READ_ONCE(nr_ledgers);
	rows = ntpool_refused() ? NULL :
	       kvcalloc(max_t(size_t, room, 1), sizeof(*rows), GFP_KERNEL);
	if (!rows)
		return NULL;
	for (bucket = 0; bucket < HASH_SIZE(ledgers_by_id); bucket++) {
		rcu_read_lock();
		hlist_for_each_entry_rcu(ledger, &ledgers_by_id[bucket], by_id)
			if (used < room)
				row_fill(&rows[used++], ledger);
		rcu_read_unlock();
		cond_resched();
	}
	ntpool_sort(rows, used, sizeof(*rows), row_compare);
	*nr = used;
	return rows;
}

/**
 * ntpool_quota_exit() - free all ledgers
 *
 * Blocks that drivers have leaked are freed later, without a refund.
 *
 * Context: process context, after the last charge and refund.
 */
void ntpool_quota_exit(void)
{
	struct hlist_node *next;
	struct ledger *ledger;
	unsigned int bucket;

	cancel_delayed_work_sync(&sweep_work);
	hash_for_each_safe(ledgers_by_id, bucket, next, ledger, by_id) {
		hash_del(&ledger->by_id);
		hash_del(&ledger->by_pid);
		call_rcu(&ledger->rcu, ledger_free_rcu);
	}
	rcu_barrier();
}

/**
 * ntpool_quota_init() - choose the key of the trailers' checksums
 *
 * Context: process context, before the first charge.
 * Return: 0.
 */
int ntpool_quota_init(void)
{
	quota_secret = get_random_u64() | 1;
	return 0;
}

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

module_param_cb(quota_nonpaged, &quota_ops, &quota_limit[NTPOOL_NONPAGED], 0644);
MODULE_PARM_DESC(quota_nonpaged,
		 "bytes of nonpaged pool that one process may hold through the quota routines; 0: no limit (default 0)");
module_param_cb(quota_paged, &quota_ops, &quota_limit[NTPOOL_PAGED], 0644);
MODULE_PARM_DESC(quota_paged,
		 "bytes of paged pool that one process may hold through the quota routines; 0: no limit (default 0)");

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/quota_hooks.c"
#endif
