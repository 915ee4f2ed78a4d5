// SPDX-License-Identifier: GPL-2.0
/*
 * Filters of the verifier: patterns for tags and for drivers.
 *
 * Driver Verifier applies to drivers by name. Its special pool also applies to a tag with
 * wildcards or to a range of sizes. Here a filter is a list of patterns with * and ?,
 * separated by commas, and is stored as text.
 *
 * Blanks around a pattern are dropped. A text with other white space is refused, and so is
 * a text with a pattern that matches nothing. Such a pattern is not joined or shortened,
 * because that would change its meaning. One line feed may end the text.
 *
 * In a list of tags, 0x20 is a size in bytes and 0x20-0x40 a range of sizes. Any other
 * pattern is compared with the four characters of a tag. Blanks and NULs at its end may be
 * left out. \054 is the character with that octal code, as files show it. So a tag can
 * have a comma, a wildcard, or the start 0x.
 *
 * A driver is the module of the call site. Modules are spelled with - or _, so the two are
 * equal in patterns for drivers. Only * matches code of the kernel image.
 *
 * The module of an address is found by its symbol. A driver may call ntpool through a library
 * without being linked against ntpool. It then is no client of base/client.c. The search takes
 * longer than the rest of the verifier. So a filter caches answers by call site in a small
 * table. The table is cleared if the patterns or the modules change. An entry is the call site
 * shifted left by one, with the answer in the low bit. The top bit of kernel text addresses is
 * always set. An answer may be found before a change and stored after it. Then the generation
 * differs, and the entry is cleared again.
 *
 * Lists lie behind guards (memory/area.c).
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
#include <linux/string.h>
#include <linux/sysfs.h>

#include "base/callsite.h"
#include "base/client.h"
#include "base/compat.h"
#include "base/param.h"
#include "base/refuse.h"
#include "parts.h"
#include "memory/record.h"
#include "verify/filter.h"

enum {
	TAG_CHARS = 4,
	ESCAPE_CHARS = 4,	/* backslash and three octal digits */
};

/* Elements of a pattern besides the values of bytes. */
enum {
	PATTERN_END = 256,
	PATTERN_ONE,		/* ? */
	PATTERN_ANY,		/* * */
};

/**
 * struct ntpool_filter_list - a list of patterns, constant
 * @rcu: frees it
 * @text: the list as files show it
 * @match: the same for comparisons; in a list of drivers every - is a _
 */
struct ntpool_filter_list {
	struct rcu_head rcu;
	char text[NTPOOL_FILTER_TEXT];
	char match[NTPOOL_FILTER_TEXT];
};

struct ntpool_filter ntpool_filter_tags;
struct ntpool_filter ntpool_filter_drivers;
struct ntpool_filter ntpool_fault_tags;
struct ntpool_filter ntpool_fault_drivers;

static DEFINE_MUTEX(filter_mutex);	/* guards lists and generations */
static bool filter_over;		/* under filter_mutex; no more lists are set */

/* Returns the value of three octal digits, or -1. */
static int parse_octal(const char *digits)
{
	int value = 0;
	int i;

	for (i = 0; i < ESCAPE_CHARS - 1; i++) {
		if (digits[i] < '0' || digits[i] > '7')
			return -1;
		value = value << 3 | (digits[i] - '0');
	}
	return value <= U8_MAX ? value : -1;
}

/* Returns the next element of a pattern, and moves *@at behind it unless it is the end. */
static int next_code(const char **at)
{
	int value;

	switch (**at) {
	case '\0':
	case ',':
		return PATTERN_END;
	case '?':
		++*at;
		return PATTERN_ONE;
	case '*':
		++*at;
		return PATTERN_ANY;
	case '\\':
		value = parse_octal(*at + 1);
		if (value < 0)
			break;
		*at += ESCAPE_CHARS;
		return value;
	}
	return (u8)*(*at)++;
}

static bool code_matches(int code, u8 c)
{
	return code == c || code == PATTERN_ONE;
}

/*
 * Matches the pattern up to the next comma. On a mismatch the last * takes one character more.
 * glob_match() does not fit: [ is special there but occurs in tags, and \054 is not a comma.
 */
static bool matches(const char *pattern, const char *text, size_t length)
{
	const char *star = NULL, *end = text + length, *retry = text, *at = pattern;
	int code;

	for (;;) {
		code = next_code(&at);
		if (code == PATTERN_ANY) {
			star = at;
			retry = text;
		} else if (text < end && code_matches(code, *text)) {
			text++;
		} else if (text == end && code == PATTERN_END) {
			return true;
		} else if (star && retry < end) {
			at = star;
			text = ++retry;
		} else {
			return false;
		}
	}
}

static const char *next_pattern(const char *pattern)
{
	pattern = strchr(pattern, ',');
	return pattern ? pattern + 1 : NULL;
}

static bool is_size(const char *pattern)
{
	return pattern[0] == '0' && pattern[1] == 'x';
}

/* Returns false without digits, or if the value is too large. */
static bool parse_hex(const char **at, unsigned long *value)
{
	*at += 2;
	if (!isxdigit(**at))
		return false;
	for (*value = 0; isxdigit(**at); ++*at) {
		if (*value > ULONG_MAX >> 4)
			return false;
		*value = *value << 4 | hex_to_bin(**at);
	}
	return true;
}

/* Returns false if the pattern is no valid size or range. */
static bool parse_sizes(const char *pattern, unsigned long *min, unsigned long *max)
{
	if (!parse_hex(&pattern, min))
		return false;
	*max = *min;
	if (*pattern == '-' && is_size(pattern + 1)) {
		pattern++;
		if (!parse_hex(&pattern, max))
			return false;
	}
	return (!*pattern || *pattern == ',') && *min <= *max;
}

/* @tag: its characters, of which those from @least on may be left out. */
static bool tag_matches(const char *pattern, const char *tag, size_t least)
{
	size_t length;

	for (length = least; length <= TAG_CHARS; length++)
		if (matches(pattern, tag, length))
			return true;
	return false;
}

static bool any_matches_tag(const char *list, const char *tag, size_t least, size_t size)
{
	unsigned long min, max;

	for (; list; list = next_pattern(list)) {
		if (!is_size(list) ? tag_matches(list, tag, least) :
		    parse_sizes(list, &min, &max) && size >= min && size <= max)
			return true;
	}
	return false;
}

bool ntpool_filter_matches_tag(struct ntpool_filter *filter, u32 tag, size_t size)
{
	const struct ntpool_filter_list *list;
	char text[TAG_CHARS];
	bool hit = true;
	size_t i;

	if (!rcu_access_pointer(filter->list))
		return true;
	for (i = 0; i < TAG_CHARS; i++)
		text[i] = tag >> 8 * i;
	for (; i && (text[i - 1] == ' ' || !text[i - 1]); i--)
		;
	rcu_read_lock();
	list = rcu_dereference(filter->list);
	if (list)
		hit = any_matches_tag(list->match, text, i, size);
	rcu_read_unlock();
	return hit;
}

/* Modules are spelled with - or _. */
static void dashes_replace(char *text)
{
	strreplace(text, '-', '_');
}

/* @name has no dash; those of the patterns were replaced in @list. */
static bool any_matches_driver(const char *list, const char *name)
{
	for (; list; list = next_pattern(list))
		if (matches(list, name, strlen(name)))
			return true;
	return false;
}

static bool driver_matches(const char *list, unsigned long caller)
{
	char text[NTPOOL_CALLSITE_TEXT];
	char *name, *end;

	ntpool_callsite_text(caller, text, sizeof(text));
	name = strrchr(text, '[');
	end = name ? strchr(name, ']') : NULL;
	if (!end)
		return any_matches_driver(list, "");
	*end = '\0';
	dashes_replace(name);
	return any_matches_driver(list, name + 1);
}

static bool driver_ask(struct ntpool_filter *filter, unsigned long caller)
{
	const struct ntpool_filter_list *list;
	bool hit = true;

	rcu_read_lock();
	list = rcu_dereference(filter->list);
	if (list)
		hit = driver_matches(list->match, caller);
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

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Returns the end of the pattern at @from, without blanks before a comma or the end. */
static const char *pattern_end(const char *from)
{
	const char *end = from + strcspn(from, ",\n");

	while (end > from && is_blank(end[-1]))
		end--;
	return end;
}

/*
 * Copies the patterns of @from to @to, which has NTPOOL_FILTER_TEXT bytes, without the blanks
 * around each. Returns false if they do not fit, or if there is more than one line.
 */
static bool text_copy(char *to, const char *from)
{
	const char *last = to + NTPOOL_FILTER_TEXT - 1;
	const char *end;

	for (;;) {
		while (is_blank(*from))
			from++;
		end = pattern_end(from);
		if (end - from > last - to)
			return false;
		memcpy(to, from, end - from);
		to += end - from;
		from += strcspn(from, ",\n");
		if (*from != ',')
			break;
		if (to == last)
			return false;
		*to++ = *from++;
	}
	*to = '\0';
	return !*from || !from[1];
}

static bool all_valid(const char *list, bool (*valid)(const char *pattern))
{
	for (; list; list = next_pattern(list))
		if (!valid(list))
			return false;
	return true;
}

/* Returns how many characters the pattern needs at least. *@last: the element for the last. */
static unsigned int pattern_needs(const char *pattern, int *last)
{
	unsigned int nr = 0;
	int code;

	while ((code = next_code(&pattern)) != PATTERN_END)
		if (code != PATTERN_ANY) {
			*last = code;
			nr++;
		}
	return nr;
}

/* True if the pattern has graphic characters only, and each backslash begins an octal code. */
static bool is_plain(const char *pattern)
{
	for (; *pattern && *pattern != ','; pattern++)
		if (*pattern <= ' ' || *pattern >= 0x7f ||
		    (*pattern == '\\' && parse_octal(pattern + 1) < 0))
			return false;
	return true;
}

/* The top bit of a tag is that of PROTECTED_POOL: no fourth character has it. */
static bool tag_is_valid(const char *pattern)
{
	unsigned long min, max;
	unsigned int nr;
	int last = 0;

	if (is_size(pattern))
		return parse_sizes(pattern, &min, &max);
	nr = pattern_needs(pattern, &last);
	return *pattern && *pattern != ',' && is_plain(pattern) &&
	       (nr < TAG_CHARS || (nr == TAG_CHARS && (last < 0x80 || last > U8_MAX)));
}

static bool driver_is_valid(const char *pattern)
{
	size_t length = strcspn(pattern, ",");
	size_t i;
	int last;

	for (i = 0; i < length; i++)
		if (!isascii(pattern[i]) ||
		    (!isalnum(pattern[i]) && !strchr("_-*?", pattern[i])))
			return false;
	return length && pattern_needs(pattern, &last) < MODULE_NAME_LEN;
}

/* *@list becomes NULL for the one pattern *, which is no list. Returns 0 or an error. */
static int filter_parse(const char *text, bool (*valid)(const char *pattern),
			struct ntpool_filter_list **list)
{
	struct ntpool_filter_list *new;
	int err = 0;

	/* A parameter may come before ntpool_sized_init(). */
	new = ntpool_refused() ? NULL :
	      ntpool_guarded_alloc(sizeof(*new), GFP_KERNEL, NUMA_NO_NODE);
	if (!new)
		return -ENOMEM;
	if (!text_copy(new->text, text) || !all_valid(new->text, valid))
		err = -EINVAL;
	memcpy(new->match, new->text, sizeof(new->match));
	if (err || !strcmp(new->text, "*")) {
		ntpool_guarded_free(new);
		new = NULL;
	}
	*list = new;
	return err;
}

int ntpool_filter_parse_tags(const char *text, struct ntpool_filter_list **list)
{
	return filter_parse(text, tag_is_valid, list);
}

int ntpool_filter_parse_drivers(const char *text, struct ntpool_filter_list **list)
{
	int err = filter_parse(text, driver_is_valid, list);

	if (!err && *list)
		dashes_replace((*list)->match);
	return err;
}

void ntpool_filter_free(struct ntpool_filter_list *list)
{
	ntpool_guarded_free(list);
}

static void filter_free_rcu(struct rcu_head *rcu)
{
	ntpool_guarded_free(container_of(rcu, struct ntpool_filter_list, rcu));
}

int ntpool_filter_replace(struct ntpool_filter *filter, struct ntpool_filter_list *list)
{
	struct ntpool_filter_list *old;

	mutex_lock(&filter_mutex);
	if (filter_over) {
		mutex_unlock(&filter_mutex);
		ntpool_guarded_free(list);
		return -ENODEV;
	}
	old = rcu_replace_pointer(filter->list, list, lockdep_is_held(&filter_mutex));
	filter_forget(filter);
	mutex_unlock(&filter_mutex);
	if (old)
		call_rcu(&old->rcu, filter_free_rcu);
	return 0;
}

int ntpool_filter_set_tags(struct ntpool_filter *filter, const char *text)
{
	struct ntpool_filter_list *list;
	int err = ntpool_filter_parse_tags(text, &list);

	return err ?: ntpool_filter_replace(filter, list);
}

int ntpool_filter_set_drivers(struct ntpool_filter *filter, const char *text)
{
	struct ntpool_filter_list *list;
	int err = ntpool_filter_parse_drivers(text, &list);

	return err ?: ntpool_filter_replace(filter, list);
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

/* Returns the list, which no reader has. */
static struct ntpool_filter_list *filter_take(struct ntpool_filter *filter)
{
	struct ntpool_filter_list *list = rcu_dereference_protected(filter->list, true);

	RCU_INIT_POINTER(filter->list, NULL);
	return list;
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
	struct ntpool_filter_list *tags, *fault_tags, *fault_drivers;

	mutex_lock(&filter_mutex);
	filter_over = true;
	tags = filter_take(&ntpool_filter_tags);
	fault_tags = filter_take(&ntpool_fault_tags);
	fault_drivers = filter_take(&ntpool_fault_drivers);
	mutex_unlock(&filter_mutex);
	ntpool_guarded_free(tags);
	ntpool_guarded_free(fault_tags);
	ntpool_guarded_free(fault_drivers);
	/* Lists that were replaced may wait for their callback. */
	rcu_barrier();
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
 * Called if a load is refused, also before ntpool_init(), and at unload. The parameter
 * can no longer be read or written then.
 */
static void drivers_free(void *arg)
{
	ntpool_guarded_free(filter_take(&ntpool_filter_drivers));
	/* A refused load may have replaced a list, too. */
	rcu_barrier();
}

static const struct kernel_param_ops drivers_ops = {
	.set = drivers_set,
	.get = drivers_get,
	.free = drivers_free,
};

module_param_cb(verifier_drivers, &drivers_ops, NULL, 0644);
MODULE_PARM_DESC(verifier_drivers,
		 "modules whose calls special pool, low resources simulation and pool tracking apply to, comma separated, with * and ? (default *)");
