/* SPDX-License-Identifier: GPL-2.0 */
/* NT's name of the header with the current annotations. */
#ifndef NTPOOL_SAL_H
#define NTPOOL_SAL_H

#include "nt_sal.h"

#endif
