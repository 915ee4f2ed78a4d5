// SPDX-License-Identifier: GPL-2.0
/*
 * What the verifier applies to: patterns for tags and for drivers.
 *
 * Driver Verifier is aimed at drivers by name, its special pool also at a tag with
 * wildcards or at a range of sizes. Here both are lists of patterns separated by
 * commas, with * and ?, in text as it was written. A tag is matched as four characters
 * with the blanks at its end left out; an element like 0x20 or 0x20-0x40 in a list of
 * tags is a size in bytes or a range of them. A driver is the module that the caller
 * is in; modules are named with either of - and _, and what is built into the kernel
 * is matched by * alone.
 *
 * Which module an address is in only its symbol tells, and looking that up takes longer
 * than all else that the verifier does. So the answers are kept by call site, in a
 * small table that is cleared whenever the patterns or the modules change. A call site
 * is shifted left by one to make room for the answer: the top bit of addresses of
 * kernel text is always set. An answer that was found before a change and stored after
 * it is seen by the generation and taken out again.
 *
 * Locking: the list is replaced under aim_mutex and read under RCU; entries of the
 * table are single words.
 */
#include <linux/ctype.h>
#include <linux/hash.h>
#include <linux/kernel.h>
#include <linux/log2.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/sysfs.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/param.h"
#include "init.h"
#include "memory/backing.h"
#include "verify/filter.h"

enum {
	TAG_CHARS = 4,
};

struct ntpool_filter_list {
	struct rcu_head rcu;
	char text[NTPOOL_FILTER_TEXT];
};

struct ntpool_filter ntpool_filter_tags;
struct ntpool_filter ntpool_filter_drivers;
struct ntpool_filter ntpool_fault_tags;
struct ntpool_filter ntpool_fault_drivers;

static DEFINE_MUTEX(filter_mutex);
static bool filter_over;	/* under the mutex */

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

/* The pattern goes to the next comma. The usual way: the last * is tried again. */
static bool matches(const char *pattern, const char *text)
{
	const char *star = NULL, *retry = NULL;

	while (*text) {
		if (*pattern == '*') {
			star = pattern++;
			retry = text;
		} else if (*pattern && *pattern != ',' &&
			   (*pattern == '?' || plain(*pattern) == plain(*text))) {
			pattern++;
			text++;
		} else if (star) {
			pattern = star + 1;
			text = ++retry;
		} else {
			return false;
		}
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern || *pattern == ',';
}

static const char *next_pattern(const char *pattern)
{
	pattern = strchr(pattern, ',');
	return pattern ? pattern + 1 : NULL;
}

static bool any_matches(const char *list, const char *text)
{
	for (; list; list = next_pattern(list))
		if (matches(list, text))
			return true;
	return false;
}

static bool is_size(const char *pattern)
{
	return pattern[0] == '0' && pattern[1] == 'x';
}

static unsigned long parse_hex(const char **at)
{
	unsigned long value = 0;

	for (*at += 2; isxdigit(**at); ++*at)
		value = value << 4 | hex_to_bin(**at);
	return value;
}

/* False: no range. */
static bool parse_sizes(const char *pattern, unsigned long *min, unsigned long *max)
{
	*min = parse_hex(&pattern);
	*max = *min;
	if (*pattern == '-' && is_size(pattern + 1)) {
		pattern++;
		*max = parse_hex(&pattern);
	}
	return (!*pattern || *pattern == ',') && *min <= *max;
}

static bool any_matches_tag(const char *list, const char *text, size_t size)
{
	unsigned long min, max;

	for (; list; list = next_pattern(list)) {
		if (!is_size(list) ? matches(list, text) :
		    parse_sizes(list, &min, &max) && size >= min && size <= max)
			return true;
	}
	return false;
}

bool ntpool_filter_matches_tag(struct ntpool_filter *filter, u32 tag, size_t size)
{
	const struct ntpool_filter_list *list;
	char text[TAG_CHARS + 1];
	bool hit = true;
	int i;

	if (!rcu_access_pointer(filter->list))
		return true;
	for (i = 0; i < TAG_CHARS; i++)
		text[i] = tag >> 8 * i;
	for (; i && (text[i - 1] == ' ' || !text[i - 1]); i--)
		;
	text[i] = '\0';
	rcu_read_lock();
	list = rcu_dereference(filter->list);
	if (list)
		hit = any_matches_tag(list->text, text, size);
	rcu_read_unlock();
	return hit;
}

static bool driver_matches(const char *list, unsigned long caller)
{
	char text[NTPOOL_CALLSITE_TEXT];
	char *name, *end;

	ntpool_callsite_text(caller, text, sizeof(text));
	name = strrchr(text, '[');
	end = name ? strchr(name, ']') : NULL;
	if (!end)
		return any_matches(list, "");
	*end = '\0';
	return any_matches(list, name + 1);
}

static bool driver_ask(struct ntpool_filter *filter, unsigned long caller)
{
	const struct ntpool_filter_list *list;
	bool hit = true;

	rcu_read_lock();
	list = rcu_dereference(filter->list);
	if (list)
		hit = driver_matches(list->text, caller);
	rcu_read_unlock();
	return hit;
}

bool ntpool_filter_matches_driver(struct ntpool_filter *filter, unsigned long caller)
{
	unsigned long *slot = &filter->caller[hash_long(caller, ilog2(NTPOOL_FILTER_CALLERS))];
	unsigned int generation;
	unsigned long known;
	bool hit;

	if (!rcu_access_pointer(filter->list))
		return true;
	/* Pairs with the release in aim_forget(): the list is that of it, or newer. */
	generation = smp_load_acquire(&filter->generation);
	known = READ_ONCE(*slot);
	if (known >> 1 == caller << 1 >> 1)
		return known & 1;
	hit = driver_ask(filter, caller);
	WRITE_ONCE(*slot, caller << 1 | hit);
	/* Pairs with the one in aim_forget(). */
	smp_mb();
	if (READ_ONCE(filter->generation) != generation)
		WRITE_ONCE(*slot, 0);
	return hit;
}

/* What was found out about call sites is void. */
static void filter_forget(struct ntpool_filter *filter)
{
	unsigned int i;

	lockdep_assert_held(&filter_mutex);
	/* Pairs with the acquire in ntpool_filter_matches_driver(). */
	smp_store_release(&filter->generation, filter->generation + 1);
	/* Who stores later than the loop below sees the new generation. */
	smp_mb();
	for (i = 0; i < NTPOOL_FILTER_CALLERS; i++)
		WRITE_ONCE(filter->caller[i], 0);
}

static int filter_set(struct ntpool_filter *filter, const char *text,
		      bool (*valid)(const char *pattern))
{
	struct ntpool_filter_list *list = NULL, *old;
	const char *pattern;
	char *to;

	if (strlen(text) >= NTPOOL_FILTER_TEXT)
		return -EINVAL;
	list = ntpool_backing_refused() ? NULL : kzalloc(sizeof(*list), GFP_KERNEL);
	if (!list)
		return -ENOMEM;
	for (to = list->text; *text; text++)
		if (!isspace(*text))
			*to++ = *text;
	for (pattern = list->text; pattern; pattern = next_pattern(pattern))
		if (!valid(pattern)) {
			kfree(list);
			return -EINVAL;
		}
	if (!strcmp(list->text, "*")) {
		kfree(list);
		list = NULL;
	}
	mutex_lock(&filter_mutex);
	if (filter_over) {
		mutex_unlock(&filter_mutex);
		kfree(list);
		return -ENODEV;
	}
	old = rcu_replace_pointer(filter->list, list, lockdep_is_held(&filter_mutex));
	filter_forget(filter);
	mutex_unlock(&filter_mutex);
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}

static bool tag_is_valid(const char *pattern)
{
	size_t length = strcspn(pattern, ",");
	unsigned long min, max;

	if (is_size(pattern))
		return parse_sizes(pattern, &min, &max);
	return length && length <= 2 * TAG_CHARS;
}

static bool driver_is_valid(const char *pattern)
{
	size_t length = strcspn(pattern, ",");
	size_t i;

	for (i = 0; i < length; i++)
		if (!isalnum(pattern[i]) && !strchr("_-*?", pattern[i]))
			return false;
	return length;
}

int ntpool_filter_set_tags(struct ntpool_filter *filter, const char *text)
{
	return filter_set(filter, text, tag_is_valid);
}

int ntpool_filter_set_drivers(struct ntpool_filter *filter, const char *text)
{
	return filter_set(filter, text, driver_is_valid);
}

void ntpool_filter_text(struct ntpool_filter *filter, char *buf)
{
	const struct ntpool_filter_list *list;

	rcu_read_lock();
	list = rcu_dereference(filter->list);
	strscpy(buf, list ? list->text : "*", NTPOOL_FILTER_TEXT);
	rcu_read_unlock();
}

/* Addresses have come to mean other modules. */
static void filter_modules_changed(const struct module *mod)
{
	mutex_lock(&filter_mutex);
	filter_forget(&ntpool_filter_drivers);
	filter_forget(&ntpool_fault_drivers);
	mutex_unlock(&filter_mutex);
}

static void filter_drop(struct ntpool_filter *filter)
{
	kfree(rcu_dereference_protected(filter->list, true));
	RCU_INIT_POINTER(filter->list, NULL);
}

static const struct ntpool_client_watch filter_watch = {
	.coming = filter_modules_changed,
	.going = filter_modules_changed,
};

/**
 * ntpool_filter_init() - forget answers when modules come and go
 *
 * Context: process context.
 * Return: 0.
 */
int ntpool_filter_init(void)
{
	ntpool_client_watch(NTPOOL_WATCH_FILTER, &filter_watch);
	return 0;
}

/* Nothing asks any more; the parameters can be written for a while yet. */
void ntpool_filter_exit(void)
{
	mutex_lock(&filter_mutex);
	filter_over = true;
	filter_drop(&ntpool_filter_tags);
	filter_drop(&ntpool_filter_drivers);
	filter_drop(&ntpool_fault_tags);
	filter_drop(&ntpool_fault_drivers);
	mutex_unlock(&filter_mutex);
}

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
