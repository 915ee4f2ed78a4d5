/* SPDX-License-Identifier: GPL-2.0 */
/* Memory for the bookkeeping of base/, which folders above also follow. */
#ifndef NTPOOL_STORE_H
#define NTPOOL_STORE_H

#include <linux/types.h>

/**
 * struct ntpool_store - routines that serve memory
 * @alloc: returns @size zeroed bytes or NULL; process context, sleeps
 * @free: frees them, unless @p is NULL; any context but NMI
 */
struct ntpool_store {
	void *(*alloc)(size_t size);
	void (*free)(void *p, size_t size);
};

/* Sets the routines, before all other parts start. NULL: there are none; all is freed. */
void ntpool_store_set(const struct ntpool_store *store);
/* As in the structure. */
void *ntpool_store_alloc(size_t size);
void ntpool_store_free(void *p, size_t size);

#endif
