// SPDX-License-Identifier: GPL-2.0
/*
 * Names of stack frames in code that was freed.
 *
 * Records of the verifier have stacks, which are addresses. They outlive the code: a module
 * is unloaded, or its initialisation code is freed after its init. Later another module may
 * be loaded at the same addresses. So the names of all addresses in records are kept when
 * their code is freed.
 *
 * A name has the time at which its code was freed. It applies to stacks that were recorded
 * before that time, but after the previous free of that address. Younger stacks have the
 * name that the kernel knows.
 *
 * The number of names is bounded; the oldest one is dropped. Then the address has the name
 * that the kernel knows, or none. Names lie behind guards (store.c).
 *
 * Locking: frames_mutex protects the table; readers use RCU, because ntpool_report() reads
 * names in any context. Context: process context for changes.
 */
#include <linux/hashtable.h>
#include <linux/kernel.h>
#include <linux/list.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rculist.h>
#include <linux/rcupdate.h>
#include <linux/string.h>

#include "base/callsite.h"
#include "base/compat.h"
#include "base/frame.h"
#include "base/stack.h"
#include "base/store.h"
#include "parts.h"

enum {
	NAMES_BITS = 8,
	NAMES_MAX = 2048,
};

/**
 * struct frame_name - the name of an address in code that was freed; constant but for its links
 * @node: in names; frames_mutex, readers under RCU
 * @link: in names_by_age; frames_mutex
 * @rcu: frees it
 * @addr: the address
 * @freed: ntpool_stack_now() when the code was freed
 * @text: the name
 */
struct frame_name {
	struct hlist_node node;
	struct list_head link;
	struct rcu_head rcu;
	unsigned long addr;
	u64 freed;
	char text[];
};

static DEFINE_MUTEX(frames_mutex);
static DEFINE_HASHTABLE(names, NAMES_BITS);	/* frames_mutex; readers under RCU */
static LIST_HEAD(names_by_age);		/* oldest first; frames_mutex */
static unsigned int nr_names;		/* frames_mutex */

/* True if @addr was other code at the time @when. The search of this unload has added a name. */
static bool was_other(unsigned long addr, u64 when)
{
	const struct frame_name *name;
	unsigned int nr = 0;

	rcu_read_lock();
	hash_for_each_possible_rcu(names, name, node, addr)
		nr += name->addr == addr && name->freed > when;
	rcu_read_unlock();
	return nr > 1;
}

bool ntpool_frames_has(const struct ntpool_stack *stack, const struct module *mod)
{
	unsigned int i;

	for (i = 0; i < stack->nr; i++)
		if (within_module(stack->entry[i], mod) &&
		    !was_other(stack->entry[i], stack->when))
			return true;
	return false;
}

static void frames_add(struct ntpool_frames *frames, unsigned long addr)
{
	unsigned int i;

	if (!ntpool_is_going(&frames->going, addr))
		return;
	for (i = 0; i < frames->nr; i++)
		if (frames->addr[i] == addr)
			return;
	frames->addr[frames->nr++] = addr;
}

void ntpool_frames_add(struct ntpool_frames *frames, const struct ntpool_stack *stack)
{
	unsigned int i;

	if (frames->nr + 1 + stack->nr > NTPOOL_FRAMES)
		ntpool_frames_keep(frames);
	if (stack->caller)
		frames_add(frames, stack->caller);
	for (i = 0; i < stack->nr; i++)
		frames_add(frames, stack->entry[i]);
}

static size_t name_bytes(size_t length)
{
	return offsetof(struct frame_name, text) + length + 1;
}

static void name_free(struct frame_name *name)
{
	ntpool_store_free(name, name_bytes(strlen(name->text)));
}

static void name_free_rcu(struct rcu_head *rcu)
{
	name_free(container_of(rcu, struct frame_name, rcu));
}

static void name_drop(struct frame_name *name)
{
	lockdep_assert_held(&frames_mutex);
	hash_del_rcu(&name->node);
	list_del(&name->link);
	nr_names--;
	call_rcu(&name->rcu, name_free_rcu);
}

/*
 * Returns the name that @addr had at the time @when; NULL: the kernel's name applies. Of
 * several names the one freed first after @when applies. In an RCU read section.
 */
static const struct frame_name *name_at(unsigned long addr, u64 when)
{
	const struct frame_name *name, *best = NULL;

	hash_for_each_possible_rcu(names, name, node, addr)
		if (name->addr == addr && name->freed > when &&
		    (!best || name->freed < best->freed))
			best = name;
	return best;
}

/* True if the search at the time @freed has found the address before. */
static bool name_exists(unsigned long addr, u64 freed)
{
	const struct frame_name *name;

	lockdep_assert_held(&frames_mutex);
	hash_for_each_possible(names, name, node, addr)
		if (name->addr == addr && name->freed == freed)
			return true;
	return false;
}

static void name_add(unsigned long addr, u64 freed)
{
	char text[NTPOOL_CALLSITE_TEXT];
	struct frame_name *name;
	size_t length;

	lockdep_assert_held(&frames_mutex);
	ntpool_callsite_text(addr, text, sizeof(text));
	length = strlen(text);
	name = ntpool_store_alloc(name_bytes(length));
	if (!name)
		return;
	name->addr = addr;
	name->freed = freed;
	memcpy(name->text, text, length + 1);
	if (nr_names == NAMES_MAX)
		name_drop(list_first_entry(&names_by_age, struct frame_name, link));
	hash_add_rcu(names, &name->node, addr);
	list_add_tail(&name->link, &names_by_age);
	nr_names++;
}

void ntpool_frames_keep(struct ntpool_frames *frames)
{
	unsigned int i;

	if (!frames->nr)
		return;
	mutex_lock(&frames_mutex);
	for (i = 0; i < frames->nr; i++)
		if (!name_exists(frames->addr[i], frames->when))
			name_add(frames->addr[i], frames->when);
	mutex_unlock(&frames_mutex);
	frames->nr = 0;
}

void ntpool_frame_text(unsigned long addr, u64 when, char *buf, size_t size)
{
	const struct frame_name *name;

	rcu_read_lock();
	name = name_at(addr, when);
	if (name)
		strscpy(buf, name->text, size);
	else
		ntpool_callsite_text(addr, buf, size);
	rcu_read_unlock();
}

/**
 * ntpool_frame_exit() - free all names
 *
 * A report may still be printed, so the exit waits for readers. Names that were dropped before
 * are freed: ntpool_heap_exit() has waited.
 *
 * Context: process context, may sleep; no block is allocated or freed any more.
 */
void ntpool_frame_exit(void)
{
	struct frame_name *name, *next;
	LIST_HEAD(gone);

	mutex_lock(&frames_mutex);
	list_for_each_entry(name, &names_by_age, link)
		hash_del_rcu(&name->node);
	list_splice_init(&names_by_age, &gone);
	nr_names = 0;
	mutex_unlock(&frames_mutex);
	synchronize_rcu();
	list_for_each_entry_safe(name, next, &gone, link)
		name_free(name);
}

#if IS_ENABLED(CONFIG_KUNIT)
#include "hooks/frame_hooks.c"
#endif
