/* SPDX-License-Identifier: GPL-2.0 */
/*
 * One lookaside list of any kind, for the suites about them. The same few calls
 * serve nonpaged and paged lists, and the Ex lists of both pools. The Allocate
 * and Free routines count their calls: the cache has served a call that they do
 * not see.
 *
 * ntk_list and ntk_calls belong to the running case.
 */
#ifndef NTK_LOOKASIDE_H
#define NTK_LOOKASIDE_H

#include <linux/atomic.h>

#include "fixture.h"

#define NTK_LIST_TAG	(ntk_tag4("KlLs"))
#define NTK_SIZE	96
#define NTK_START_DEPTH	4
#define NTK_HELD	12	/* entries that a case holds at most */

enum ntk_kind {
	NTK_NPAGED,
	NTK_PAGED,
	NTK_EX_NONPAGED,
	NTK_EX_PAGED,
	NTK_NR_KINDS
};

/* A list of any kind; all begin with the same fields. */
struct ntk_list {
	union {
		NPAGED_LOOKASIDE_LIST npaged;
		PAGED_LOOKASIDE_LIST paged;
		LOOKASIDE_LIST_EX ex;
	};
	enum ntk_kind kind;
	bool active;
	u32 guard;		/* found from an Ex routine by the list's address */
};

/* Calls of the routines below; the arguments, result and IRQL of the last ones. */
struct ntk_calls {
	atomic_t allocates;
	atomic_t frees;
	atomic_t wrong;
	bool fail;
	u32 type;
	size_t size;
	u32 tag;
	void *allocated;
	void *freed;
	KIRQL allocate_irql;
	KIRQL free_irql;
};

extern struct ntk_list ntk_list;
extern struct ntk_calls ntk_calls;

void ntk_reset_calls(void);
int ntk_lookaside_init(struct kunit *test);
void ntk_lookaside_exit(struct kunit *test);

PVOID ntk_allocate_ex(POOL_TYPE type, SIZE_T size, ULONG tag,
		      PLOOKASIDE_LIST_EX list);
VOID ntk_free_ex(PVOID entry, PLOOKASIDE_LIST_EX list);

GENERAL_LOOKASIDE_POOL *ntk_fields(struct ntk_list *list);
bool ntk_is_paged(enum ntk_kind kind);
NTSTATUS ntk_start(struct ntk_list *list, enum ntk_kind kind, bool custom,
		   u32 flags);
GENERAL_LOOKASIDE_POOL *ntk_start_kind(struct kunit *test, enum ntk_kind kind,
				       u16 depth);
GENERAL_LOOKASIDE_POOL *ntk_start_fixed(struct kunit *test, u16 depth);
void *ntk_get(struct ntk_list *list);
void ntk_put(struct ntk_list *list, void *entry);
void ntk_end(struct ntk_list *list);
void ntk_fix_depth(struct ntk_list *list, u16 depth);
unsigned int ntk_get_some(struct ntk_list *list, void **entry, unsigned int nr);
void ntk_put_some(struct ntk_list *list, void **entry, unsigned int nr);

/* The kinds as parameters of a case: KUNIT_ARRAY_PARAM() takes these. */
struct ntk_kind_case {
	const char *name;
	enum ntk_kind kind;
};

extern struct ntk_kind_case ntk_kinds[NTK_NR_KINDS];
void ntk_kind_desc(struct ntk_kind_case *c, char *desc);
enum ntk_kind ntk_kind(struct kunit *test);

#endif
