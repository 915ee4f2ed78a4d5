/* SPDX-License-Identifier: GPL-2.0 */
/* The functions of nt_library for its clients, nt_first and nt_second. */
#ifndef NT_LIBRARY_H
#define NT_LIBRARY_H

#include <ntddk.h>

#define LIBRARY_TAG	('rbiL')

/* The library's list gets these routines; when both are known, it is initialised. */
void nt_library_set_free(PFREE_FUNCTION_EX routine);
void nt_library_set_allocate(PALLOCATE_FUNCTION_EX routine);
/* Registers @handler for raises on behalf of the library. */
void nt_library_set_handler(PNTPOOL_RAISE_HANDLER handler);
/* To be called by @handler. */
void nt_library_count_raise(void);
/* Initialises a list in the memory of a client, and deletes it. */
void nt_library_try(PLOOKASIDE_LIST_EX theirs);

#endif
