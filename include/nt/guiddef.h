/* SPDX-License-Identifier: GPL-2.0 */
/*
 * DEFINE_GUID(). The macro declares a GUID, or defines it if INITGUID is defined. The file
 * may be included again, for initguid.h.
 */
#ifndef NTPOOL_GUIDDEF_H
#define NTPOOL_GUIDDEF_H

#include "ntdef.h"

/*
 * Several files of a driver may define the same GUID, as on NT. The arguments are the
 * parts of the GUID, the last eight the bytes of Data4.
 */
#define NTPOOL_DEFINE_GUID(Name, First, Second, Third, ...) NTPOOL_WORDS(	\
	extern const GUID Name;						\
	const GUID DECLSPEC_SELECTANY Name = {				\
		First, Second, Third, { __VA_ARGS__ }			\
	})

#endif

#undef DEFINE_GUID
#ifdef INITGUID
#define DEFINE_GUID(Name, ...)	NTPOOL_DEFINE_GUID(Name, __VA_ARGS__)
#else
#define DEFINE_GUID(Name, ...)	NTPOOL_WORDS(extern const GUID Name)
#endif
