// SPDX-License-Identifier: GPL-2.0
/* Included by base/frame.c: how many names are kept. */
#include <linux/export.h>

#include "test.h"

unsigned int ntpool_test_frame_names(void)
{
	unsigned int nr;

	mutex_lock(&frames_mutex);
	nr = nr_names;
	mutex_unlock(&frames_mutex);
	return nr;
}
EXPORT_SYMBOL_GPL(ntpool_test_frame_names);
