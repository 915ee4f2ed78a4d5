/* SPDX-License-Identifier: GPL-2.0 */
/*
 * In a file that includes this header, DEFINE_GUID() defines the GUID, also in headers that
 * the file includes later. One file of a driver includes it.
 */
#ifndef INITGUID
#define INITGUID
#endif

#include "guiddef.h"
