// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of the verifier: patterns for tags and for drivers.
 *
 * Driver Verifier applies to drivers by name. Its special pool also applies to a tag with
 * wildcards or to a range of sizes. Here a filter is a list of patterns with * and ?,
 * separated by commas, and is stored as text. A tag is matched as four characters without
 * the blanks at its end. In a list of tags, 0x20 is a size in bytes and 0x20-0x40 a range
 * of sizes. A driver is the module of the call site. Modules are spelled
 * with - or _, so the two are equal in patterns. Only * matches code of the kernel image.
 *
 * The module of an address is found by its symbol, which takes longer than the rest of the
 * verifier. So a filter caches answers by call site in a small table. The table is cleared if
 * the patterns or the modules change. An entry is the call site shifted left by one, with
 * the answer in the low bit. The top bit of kernel text addresses is always set. An answer
 * may be found before a change and stored after it. Then the generation differs, and the
 * entry is cleared again.
 *
 * Locking: filter_mutex guards replacing a list and the generation; readers of a list use RCU.
 * Entries of the table are single words. Contexts: any for matching; setting sleeps.
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
#include "base/compat.h"
#include "base/param.h"
#include "base/refuse.h"
#include "parts.h"
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

static DEFINE_MUTEX(filter_mutex);	/* guards lists and generations */
static bool filter_over;		/* under filter_mutex; no more lists are set */

static char plain(char c)
{
	return c == '-' ? '_' : c;
}

/*
 * Matches the pattern up to the next comma. On a mismatch the last * takes one character more.
 * glob_match() does not fit: [ and \ are special there but occur in tags, and - is not _.
 */
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

/* Returns false if the element is no valid size or range. */
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
	/* Pairs with the release in filter_forget(): the list is of this generation or newer. */
	generation = smp_load_acquire(&filter->generation);
	known = READ_ONCE(*slot);
	if (known >> 1 == caller << 1 >> 1)
		return known & 1;
	hit = driver_ask(filter, caller);
	WRITE_ONCE(*slot, caller << 1 | hit);
	/* Pairs with the barrier in filter_forget(). */
	smp_mb();
	if (READ_ONCE(filter->generation) != generation)
		WRITE_ONCE(*slot, 0);
	return hit;
}

/* Clears the cached answers. Called under filter_mutex. */
static void filter_forget(struct ntpool_filter *filter)
{
	unsigned int i;

	lockdep_assert_held(&filter_mutex);
	/* Pairs with the acquire in ntpool_filter_matches_driver(). */
	smp_store_release(&filter->generation, filter->generation + 1);
	/* A CPU that stores an answer after the loop below sees the new generation. */
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
	list = ntpool_refused() ? NULL : kzalloc(sizeof(*list), GFP_KERNEL);
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

/* The same address may belong to another module now. */
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

/*
 * No caller matches any more. The parameter verifier_drivers can still be read and written
 * for a while, so drivers_free() drops its list.
 */
void ntpool_filter_exit(void)
{
	mutex_lock(&filter_mutex);
	filter_over = true;
	filter_drop(&ntpool_filter_tags);
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

/*
 * Called for a load that is refused, also before ntpool_init(), and at unload when the
 * parameter can be neither read nor written any more.
 */
static void drivers_free(void *arg)
{
	filter_drop(&ntpool_filter_drivers);
}

static const struct kernel_param_ops drivers_ops = {
	.set = drivers_set,
	.get = drivers_get,
	.free = drivers_free,
};

module_param_cb(verifier_drivers, &drivers_ops, NULL, 0644);
MODULE_PARM_DESC(verifier_drivers,
		 "modules whose calls special pool, low resources simulation and pool tracking apply to, comma separated, with * and ? (default *)");
