// SPDX-License-Identifier: GPL-2.0
/*
 * DbgPrint() and its family: messages of drivers.
 *
 * A message goes to the kernel log without a prefix, because drivers put their names into the
 * text.
 *
 * vsnprintf() cannot format a message: NT's conversions differ from Linux's. "l" is 32 bits
 * wide, "I64" is 64, and there are wide and counted strings. So this file parses each
 * conversion, fetches its argument, and calls snprintf() for that conversion alone. Text after
 * "%p" is therefore never taken for one of Linux's pointer extensions, and addresses are
 * hashed. The buffer is on the stack and no lock is taken, so every context may print.
 *
 * After an unknown conversion, such as floating point, the types of the other arguments are
 * unknown. The rest of the format is then printed as it is.
 *
 * NT filters messages by component and level. Linux's log has levels for that purpose; the
 * component is ignored.
 */
#define DEBUG		/* pr_debug() must print */

#include <linux/ctype.h>
#include <linux/err.h>
#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/printk.h>
#include <linux/stdarg.h>
#include <linux/string.h>

#include <nt_debug.h>

enum {
	/* NT prints at most 512 bytes of one message. */
	MESSAGE_SIZE = 512,
	FORMAT_SIZE = 32,
	/* A larger width or precision would exceed the message. */
	WIDTH_MAX = MESSAGE_SIZE - 1,
};

/* The message so far; text beyond its end is dropped. */
struct message {
	char text[MESSAGE_SIZE];
	size_t len;
};

/* The remaining arguments. A struct, because va_list may be an array type. */
struct arguments {
	va_list list;
};

enum spec_size {
	SIZE_INT,		/* also "l", which is 32 bits wide on NT */
	SIZE_CHAR,
	SIZE_SHORT,
	SIZE_POINTER,
	SIZE_64,
};

/* One conversion: %[flags][width][.precision][size]type */
struct spec {
	char flags[6];
	int width;
	int precision;		/* -1: none given */
	enum spec_size size;
	bool wide;		/* "w" or "l": text has 16-bit characters */
	char type;
};

static void put(struct message *to, char c)
{
	if (to->len < sizeof(to->text) - 1)
		to->text[to->len++] = c;
}

static __printf(2, 3) void put_fmt(struct message *to, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	to->len += vscnprintf(to->text + to->len, sizeof(to->text) - to->len, fmt, args);
	va_end(args);
}

/* Encodes as UTF-8. Each half of a surrogate pair is encoded by itself, unchecked. */
static void put_wide(struct message *to, u16 c)
{
	if (c < 0x80) {
		put(to, c);
	} else if (c < 0x800) {
		put(to, 0xc0 | c >> 6);
		put(to, 0x80 | (c & 0x3f));
	} else {
		put(to, 0xe0 | c >> 12);
		put(to, 0x80 | (c >> 6 & 0x3f));
		put(to, 0x80 | (c & 0x3f));
	}
}

static const char *parse_number(const char *fmt, int *number, struct arguments *args)
{
	*number = 0;
	if (*fmt == '*') {
		*number = clamp(va_arg(args->list, int), -WIDTH_MAX, WIDTH_MAX);
		return fmt + 1;
	}
	for (; isdigit(*fmt); fmt++)
		*number = min(*number * 10 + *fmt - '0', (int)WIDTH_MAX);
	return fmt;
}

static const char *parse_flags(const char *fmt, struct spec *spec)
{
	size_t nr = strspn(fmt, "-+ #0");

	strscpy(spec->flags, fmt, min(nr + 1, sizeof(spec->flags)));
	return fmt + nr;
}

static const char *parse_size(const char *fmt, struct spec *spec)
{
	static const struct {
		const char *word;
		enum spec_size size;
		bool wide;
	} sizes[] = {
		{ "I64", SIZE_64 }, { "I32", SIZE_INT }, { "I", SIZE_POINTER },
		{ "ll", SIZE_64 }, { "l", SIZE_INT, true }, { "w", SIZE_INT, true },
		{ "hh", SIZE_CHAR }, { "h", SIZE_SHORT }, { "z", SIZE_POINTER },
		{ "t", SIZE_POINTER }, { "j", SIZE_64 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sizes); i++) {
		if (!strncmp(fmt, sizes[i].word, strlen(sizes[i].word))) {
			spec->size = sizes[i].size;
			spec->wide = sizes[i].wide;
			return fmt + strlen(sizes[i].word);
		}
	}
	return fmt;
}

/* @fmt points behind the "%". Returns the end of the conversion. */
static const char *parse_spec(const char *fmt, struct spec *spec, struct arguments *args)
{
	*spec = (struct spec){ .precision = -1 };
	fmt = parse_flags(fmt, spec);
	fmt = parse_number(fmt, &spec->width, args);
	if (*fmt == '.')
		fmt = parse_number(fmt + 1, &spec->precision, args);
	fmt = parse_size(fmt, spec);
	spec->type = *fmt;
	return *fmt ? fmt + 1 : fmt;
}

static long long fetch_signed(enum spec_size size, struct arguments *args)
{
	switch (size) {
	case SIZE_CHAR:
		return (s8)va_arg(args->list, int);
	case SIZE_SHORT:
		return (s16)va_arg(args->list, int);
	case SIZE_POINTER:
		return va_arg(args->list, long);
	case SIZE_64:
		return va_arg(args->list, long long);
	case SIZE_INT:
		break;
	}
	return va_arg(args->list, int);
}

static unsigned long long truncate_to(enum spec_size size, unsigned long long value)
{
	switch (size) {
	case SIZE_CHAR:
		return (u8)value;
	case SIZE_SHORT:
		return (u16)value;
	case SIZE_POINTER:
		return (unsigned long)value;
	case SIZE_64:
		return value;
	case SIZE_INT:
		break;
	}
	return (u32)value;
}

/* Builds one conversion for snprintf(); @type is the size and type in Linux's notation. */
static void linux_format(const struct spec *spec, const char *type, char fmt[FORMAT_SIZE])
{
	int len = scnprintf(fmt, FORMAT_SIZE, "%%%s%s", spec->flags, spec->width < 0 ? "-" : "");

	if (spec->width)
		len += scnprintf(fmt + len, FORMAT_SIZE - len, "%d", abs(spec->width));
	if (spec->precision >= 0)
		len += scnprintf(fmt + len, FORMAT_SIZE - len, ".%d", spec->precision);
	scnprintf(fmt + len, FORMAT_SIZE - len, "%s", type);
}

static void put_integer(struct message *to, const struct spec *spec, struct arguments *args)
{
	const char type[] = { 'l', 'l', spec->type, '\0' };
	long long value = fetch_signed(spec->size, args);
	char fmt[FORMAT_SIZE];

	if (spec->type != 'd' && spec->type != 'i')
		value = truncate_to(spec->size, value);
	linux_format(spec, type, fmt);
	put_fmt(to, fmt, value);
}

static void put_pointer(struct message *to, const struct spec *spec, struct arguments *args)
{
	char fmt[FORMAT_SIZE];

	linux_format(spec, "p", fmt);
	put_fmt(to, fmt, va_arg(args->list, void *));
}

/* Pads the text since @start, which has @nr characters, to the width. */
static void pad(struct message *to, const struct spec *spec, size_t start, size_t nr)
{
	size_t width = abs(spec->width), blanks;

	if (nr >= width)
		return;
	blanks = min(width - nr, sizeof(to->text) - 1 - to->len);
	if (spec->width < 0 || strchr(spec->flags, '-'))
		start = to->len;
	memmove(to->text + start + blanks, to->text + start, to->len - start);
	memset(to->text + start, ' ', blanks);
	to->len += blanks;
}

/* Puts at most @max characters of @text. */
static void put_text(struct message *to, const struct spec *spec, const void *text, size_t max)
{
	size_t start = to->len;
	size_t i;

	if (spec->precision >= 0)
		max = min_t(size_t, max, spec->precision);
	for (i = 0; i < max; i++) {
		u16 c = spec->wide ? ((const u16 *)text)[i] : ((const u8 *)text)[i];

		if (!c)
			break;
		if (spec->wide)
			put_wide(to, c);
		else
			put(to, c);
	}
	pad(to, spec, start, i);
}

/* False for NULL, addresses near it, and error codes. */
static bool is_text(const void *p)
{
	return (unsigned long)p >= PAGE_SIZE && !IS_ERR(p);
}

static void put_string(struct message *to, const struct spec *spec, struct arguments *args)
{
	const void *text = va_arg(args->list, const void *);

	if (is_text(text))
		put_text(to, spec, text, MESSAGE_SIZE);
	else
		put_fmt(to, "(null)");
}

/* STRING has the same layout as UNICODE_STRING. */
static void put_counted(struct message *to, const struct spec *spec, struct arguments *args)
{
	const UNICODE_STRING *string = va_arg(args->list, const UNICODE_STRING *);

	if (is_text(string) && is_text(string->Buffer))
		put_text(to, spec, string->Buffer,
			 spec->wide ? string->Length / sizeof(WCHAR) : string->Length);
	else
		put_fmt(to, "(null)");
}

static void put_character(struct message *to, const struct spec *spec, struct arguments *args)
{
	int c = va_arg(args->list, int);
	const u16 wide = c;
	const u8 narrow = c;

	put_text(to, spec, spec->wide ? (const void *)&wide : &narrow, 1);
}

/* Returns false for an unknown conversion, whose argument is not fetched. */
static bool put_one(struct message *to, struct spec *spec, struct arguments *args)
{
	switch (spec->type) {
	case 'd': case 'i': case 'u': case 'o': case 'x': case 'X':
		put_integer(to, spec, args);
		return true;
	case 'p':
		put_pointer(to, spec, args);
		return true;
	case 'S': case 'C':
		spec->wide = spec->size != SIZE_SHORT;
		break;
	case 's': case 'c': case 'Z':
		break;
	default:
		return false;
	}
	if (spec->type == 'Z')
		put_counted(to, spec, args);
	else if (spec->type == 's' || spec->type == 'S')
		put_string(to, spec, args);
	else
		put_character(to, spec, args);
	return true;
}

static void format_message(struct message *to, const char *fmt, struct arguments *args)
{
	struct spec spec;
	const char *next;

	for (; *fmt; fmt = next) {
		next = fmt + 1;
		if (*fmt != '%') {
			put(to, *fmt);
		} else if (*next == '%') {
			put(to, '%');
			next++;
		} else {
			next = parse_spec(next, &spec, args);
			if (!put_one(to, &spec, args)) {
				put_fmt(to, "%s", fmt);
				break;
			}
		}
	}
	to->text[to->len] = '\0';
}

static void log_message(ULONG level, const char *text)
{
	switch (level) {
	case DPFLTR_ERROR_LEVEL:
		pr_err("%s", text);
		break;
	case DPFLTR_WARNING_LEVEL:
		pr_warn("%s", text);
		break;
	case DPFLTR_TRACE_LEVEL:
	case DPFLTR_INFO_LEVEL:
		pr_info("%s", text);
		break;
	default:
		pr_debug("%s", text);
	}
}

static ULONG print_message(const char *prefix, ULONG level, const char *fmt, va_list list)
{
	struct message message = { .len = 0 };
	struct arguments args;

	put_fmt(&message, "%s", prefix);
	va_copy(args.list, list);
	format_message(&message, fmt, &args);
	va_end(args.list);
	log_message(level, message.text);
	return STATUS_SUCCESS;
}

/**
 * DbgPrint() - print a message into the kernel log
 * @Format: text and NT's conversions, %[flags][width][.precision][size]type, with the sizes
 *	h, l (32 bits), ll and I64, I (pointer size), w (wide), and the types
 *	d i u o x X p c C s S, Z (a STRING) and wZ (a UNICODE_STRING)
 *
 * At most 511 bytes are printed, at level info, and wide text as UTF-8. A message without a
 * newline at its end appears together with the next message. NT allows wide text at
 * PASSIVE_LEVEL only.
 *
 * Differs: goes to the kernel log, at level info; wide text at any IRQL.
 *
 * Context: any IRQL.
 *
 * Return: STATUS_SUCCESS.
 *
 * Contract: WDK, DbgPrint.
 */
ULONG DbgPrint(PCSTR Format, ...)
{
	va_list args;
	ULONG status;

	va_start(args, Format);
	status = print_message("", DPFLTR_INFO_LEVEL, Format, args);
	va_end(args);
	return status;
}
EXPORT_SYMBOL_GPL(DbgPrint);

/**
 * DbgPrintEx() - print a message of a given level into the kernel log
 * @ComponentId: one of DPFLTR_*_ID; ignored, as printk has no components
 * @Level: DPFLTR_ERROR_LEVEL, DPFLTR_WARNING_LEVEL, DPFLTR_TRACE_LEVEL,
 *	DPFLTR_INFO_LEVEL become the log's err, warning, info and info; others debug
 * @Format: as for DbgPrint()
 *
 * Differs: nothing is filtered: the level becomes one of the kernel log, the component
 * is ignored.
 *
 * Context: any IRQL.
 *
 * Return: STATUS_SUCCESS.
 *
 * Contract: WDK, DbgPrintEx.
 */
ULONG DbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format, ...)
{
	va_list args;
	ULONG status;

	va_start(args, Format);
	status = print_message("", Level, Format, args);
	va_end(args);
	return status;
}
EXPORT_SYMBOL_GPL(DbgPrintEx);

/**
 * vDbgPrintEx() - DbgPrintEx() with the arguments as a va_list
 * @ComponentId: as for DbgPrintEx()
 * @Level: as for DbgPrintEx()
 * @Format: as for DbgPrint()
 * @Arguments: arguments of @Format; unchanged afterwards
 *
 * Differs: as DbgPrintEx().
 *
 * Context: any IRQL.
 *
 * Return: STATUS_SUCCESS.
 *
 * Contract: WDK, vDbgPrintEx.
 */
ULONG vDbgPrintEx(ULONG ComponentId, ULONG Level, PCSTR Format,
		  __builtin_va_list Arguments)
{
	return print_message("", Level, Format, Arguments);
}
EXPORT_SYMBOL_GPL(vDbgPrintEx);

/**
 * vDbgPrintExWithPrefix() - vDbgPrintEx() with a text before the message
 * @Prefix: the text, printed without conversions
 * @ComponentId: as for DbgPrintEx()
 * @Level: as for DbgPrintEx()
 * @Format: as for DbgPrint()
 * @Arguments: arguments of @Format; unchanged afterwards
 *
 * Differs: as DbgPrintEx().
 *
 * Context: any IRQL.
 *
 * Return: STATUS_SUCCESS.
 *
 * Contract: WDK, vDbgPrintExWithPrefix.
 */
ULONG vDbgPrintExWithPrefix(PCSTR Prefix, ULONG ComponentId, ULONG Level,
			    PCSTR Format, __builtin_va_list Arguments)
{
	return print_message(Prefix, Level, Format, Arguments);
}
EXPORT_SYMBOL_GPL(vDbgPrintExWithPrefix);
