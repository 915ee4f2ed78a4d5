/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The tracepoints of the group ntpool. observe/README.md has a table of them.
 *
 * The fields follow those of the kernel's group kmem. A tag is a text, the same one that debugfs
 * shows: usually four characters. So each tool prints it, and a filter or a histogram compares
 * it as a string. The caller passes the IRQL, because the kernel disables preemption around
 * the assignments.
 *
 * No lock of ntpool is held where one of these is hit: a program that is attached runs there.
 * None is hit in an NMI. Context: any other.
 */
#undef TRACE_SYSTEM
#define TRACE_SYSTEM ntpool

#if !defined(NTPOOL_TRACE_H) || defined(TRACE_HEADER_MULTI_READ)
#define NTPOOL_TRACE_H

#include <linux/tracepoint.h>

#include "base/detour.h"
#include "base/irql.h"
#include "base/report.h"
#include "base/text.h"
#include "base/types.h"

/* Tools that read the formats know numbers only. */
TRACE_DEFINE_ENUM(NTPOOL_NONPAGED);
TRACE_DEFINE_ENUM(NTPOOL_PAGED);
TRACE_DEFINE_ENUM(NTPOOL_PASSIVE_LEVEL);
TRACE_DEFINE_ENUM(NTPOOL_APC_LEVEL);
TRACE_DEFINE_ENUM(NTPOOL_DISPATCH_LEVEL);
TRACE_DEFINE_ENUM(NTPOOL_DEVICE_LEVEL);
TRACE_DEFINE_ENUM(NTPOOL_HIGH_LEVEL);
TRACE_DEFINE_ENUM(NTPOOL_ZERO);
TRACE_DEFINE_ENUM(NTPOOL_MUST);
TRACE_DEFINE_ENUM(NTPOOL_QUOTA);
TRACE_DEFINE_ENUM(NTPOOL_ALIGNED);
TRACE_DEFINE_ENUM(NTPOOL_PROTECTED);
TRACE_DEFINE_ENUM(NTPOOL_LOW);
TRACE_DEFINE_ENUM(NTPOOL_NORMAL);
TRACE_DEFINE_ENUM(NTPOOL_HIGH);
TRACE_DEFINE_ENUM(NTPOOL_NODE);
TRACE_DEFINE_ENUM(NTPOOL_NODE_ONLY);
TRACE_DEFINE_ENUM(NTPOOL_OVERRUN);
TRACE_DEFINE_ENUM(NTPOOL_UNDERRUN);
TRACE_DEFINE_ENUM(NTPOOL_FOR_LIST);
TRACE_DEFINE_ENUM(NTPOOL_SPECIAL);
TRACE_DEFINE_ENUM(NTPOOL_LINEAR);

#define ntpool_show_type(type) \
	__print_symbolic(type, { NTPOOL_NONPAGED, "Nonp" }, { NTPOOL_PAGED, "Paged" })

/* KeRaiseIrql() can set the levels between the last two, which are printed as numbers. */
#define ntpool_show_irql(irql)					\
	__print_symbolic(irql,					\
			 { NTPOOL_PASSIVE_LEVEL, "PASSIVE" },	\
			 { NTPOOL_APC_LEVEL, "APC" },		\
			 { NTPOOL_DISPATCH_LEVEL, "DISPATCH" },	\
			 { NTPOOL_DEVICE_LEVEL, "DEVICE" },	\
			 { NTPOOL_HIGH_LEVEL, "HIGH" })

#define ntpool_show_flags(flags)				\
	((flags) ? __print_flags(flags, "|",			\
			 { NTPOOL_ZERO, "ZERO" },		\
			 { NTPOOL_MUST, "MUST" },		\
			 { NTPOOL_QUOTA, "QUOTA" },		\
			 { NTPOOL_ALIGNED, "ALIGNED" },		\
			 { NTPOOL_PROTECTED, "PROTECTED" },	\
			 { NTPOOL_LOW, "LOW" },			\
			 { NTPOOL_NORMAL, "NORMAL" },		\
			 { NTPOOL_HIGH, "HIGH" },		\
			 { NTPOOL_NODE, "NODE" },		\
			 { NTPOOL_NODE_ONLY, "NODE_ONLY" },	\
			 { NTPOOL_OVERRUN, "OVERRUN" },		\
			 { NTPOOL_UNDERRUN, "UNDERRUN" },	\
			 { NTPOOL_FOR_LIST, "FOR_LIST" },	\
			 { NTPOOL_SPECIAL, "SPECIAL" },		\
			 { NTPOOL_LINEAR, "LINEAR" }) : "none")

/* @call_site: of the routine that allocates or frees; @block->caller is the allocator's. */
DECLARE_EVENT_CLASS(ntpool_block,

	TP_PROTO(const struct ntpool_block *block, unsigned long call_site, unsigned int irql),

	TP_ARGS(block, call_site, irql),

	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(const void *, ptr)
		__field(size_t, bytes_req)
		__field(size_t, bytes_alloc)
		__array(char, tag, NTPOOL_TAG_TEXT)
		__field(u8, type)
		__field(u8, context)
	),

	TP_fast_assign(
		__entry->call_site = call_site;
		__entry->ptr = block->addr;
		__entry->bytes_req = block->requested;
		__entry->bytes_alloc = block->bytes;
		ntpool_tag_text(block->tag, __entry->tag);
		__entry->type = block->type;
		__entry->context = irql;
	),

	TP_printk("call_site=%pS ptr=%p bytes_req=%zu bytes_alloc=%zu tag=%s type=%s context=%s",
		  (void *)__entry->call_site, __entry->ptr, __entry->bytes_req,
		  __entry->bytes_alloc, __entry->tag, ntpool_show_type(__entry->type),
		  ntpool_show_irql(__entry->context))
);

/* An allocation; it is counted and not yet returned. */
DEFINE_EVENT_FN(ntpool_block, ntpool_alloc,
	TP_PROTO(const struct ntpool_block *block, unsigned long call_site, unsigned int irql),
	TP_ARGS(block, call_site, irql),
	ntpool_detour_allocs, ntpool_detour_allocs_end
);

/* A free that was accepted; the memory is not free yet. */
DEFINE_EVENT_FN(ntpool_block, ntpool_free,
	TP_PROTO(const struct ntpool_block *block, unsigned long call_site, unsigned int irql),
	TP_ARGS(block, call_site, irql),
	ntpool_detour_frees, ntpool_detour_frees_end
);

/* A request that returns NULL or raises. @err: -ENOMEM, -EDQUOT, or -EINVAL: bad arguments. */
TRACE_EVENT(ntpool_fail,

	TP_PROTO(const struct ntpool_request *req, int err, unsigned int irql),

	TP_ARGS(req, err, irql),

	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(size_t, bytes_req)
		__array(char, tag, NTPOOL_TAG_TEXT)
		__field(u8, type)
		__field(u8, context)
		__field(unsigned int, flags)
		__field(int, err)
	),

	TP_fast_assign(
		__entry->call_site = req->caller;
		__entry->bytes_req = req->size;
		ntpool_tag_text(req->tag, __entry->tag);
		__entry->type = req->type;
		__entry->context = irql;
		__entry->flags = req->flags;
		__entry->err = err;
	),

	TP_printk("call_site=%pS bytes_req=%zu tag=%s type=%s context=%s flags=%s err=%d",
		  (void *)__entry->call_site, __entry->bytes_req, __entry->tag,
		  ntpool_show_type(__entry->type), ntpool_show_irql(__entry->context),
		  ntpool_show_flags(__entry->flags), __entry->err)
);

/* The scan has tuned the depth of the list with the public structure at @list. */
TRACE_EVENT(ntpool_depth,

	TP_PROTO(const void *list, u32 tag, u32 depth_old, u32 depth_new, u64 allocs,
		 u64 misses),

	TP_ARGS(list, tag, depth_old, depth_new, allocs, misses),

	TP_STRUCT__entry(
		__field(const void *, list)
		__array(char, tag, NTPOOL_TAG_TEXT)
		__field(u32, depth_old)
		__field(u32, depth_new)
		__field(u64, allocs)
		__field(u64, misses)
	),

	TP_fast_assign(
		__entry->list = list;
		ntpool_tag_text(tag, __entry->tag);
		__entry->depth_old = depth_old;
		__entry->depth_new = depth_new;
		__entry->allocs = allocs;
		__entry->misses = misses;
	),

	TP_printk("list=%p tag=%s depth_old=%u depth_new=%u allocs=%llu misses=%llu",
		  __entry->list, __entry->tag, __entry->depth_old, __entry->depth_new,
		  __entry->allocs, __entry->misses)
);

/* A violation, also one that the log leaves out. The tag is empty if it is not known. */
TRACE_EVENT(ntpool_report,

	TP_PROTO(const struct ntpool_stop *stop),

	TP_ARGS(stop),

	TP_STRUCT__entry(
		__field(unsigned long, call_site)
		__field(u32, code)
		__field(u64, param1)
		__field(u64, param2)
		__field(u64, param3)
		__field(u64, param4)
		__array(char, tag, NTPOOL_TAG_TEXT)
	),

	TP_fast_assign(
		__entry->call_site = stop->caller;
		__entry->code = stop->code;
		__entry->param1 = stop->param[0];
		__entry->param2 = stop->param[1];
		__entry->param3 = stop->param[2];
		__entry->param4 = stop->param[3];
		memset(__entry->tag, 0, sizeof(__entry->tag));
		if (stop->has_tag)
			ntpool_tag_text(stop->tag, __entry->tag);
	),

	TP_printk("code=0x%08x param1=0x%llx param2=0x%llx param3=0x%llx param4=0x%llx tag=%s call_site=%pS",
		  __entry->code, __entry->param1, __entry->param2, __entry->param3,
		  __entry->param4, __entry->tag, (void *)__entry->call_site)
);

#endif

/* Relative to module/, which is among the folders of the compiler. */
#undef TRACE_INCLUDE_PATH
#define TRACE_INCLUDE_PATH base
#undef TRACE_INCLUDE_FILE
#define TRACE_INCLUDE_FILE trace
#include <trace/define_trace.h>
